import { graphql } from '../../gql/gql.ts';

export const Resume = graphql(`
  mutation ResumeSession($input: ResumeSessionInput!) {
    resumeSession(input: $input) {
      session {
        id
        status
      }
      run {
        id
      }
    }
  }
`);

export const Fork = graphql(`
  mutation ForkSession($input: ForkSessionInput!) {
    forkSession(input: $input) {
      session {
        id
        status
      }
    }
  }
`);

export const Edit = graphql(`
  mutation EditState($input: UpdateSessionStateInput!) {
    updateSessionState(input: $input) {
      session {
        id
        status
      }
      checkpoint {
        id
        checkpointId
      }
    }
  }
`);

export const Cancel = graphql(`
  mutation CancelSession($input: CancelSessionInput!) {
    cancelSession(input: $input) {
      session {
        id
        status
      }
    }
  }
`);

export const Delete = graphql(`
  mutation DeleteSession($input: DeleteSessionInput!) {
    deleteSession(input: $input) {
      deletedSessionId
    }
  }
`);
