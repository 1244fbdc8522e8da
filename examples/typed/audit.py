"""The audit by typed operations alone, as audit.ts has it: `python audit.py http://…/graphql`."""

import sys

from audit_client import (
    Client,
    RepoAuditExcludeInput,
    RepoAuditInput,
    RepoAuditPublishAnswerInput,
)

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:4000/graphql"
client = Client(url=url)

audit = RepoAuditInput(path="examples", task="The examples", exclude=["chat"])
session_id = client.audit_start(audit=audit).start_session.session.id


def settled():
    return client.audit_settled(id=session_id).await_session


def answer(interrupt, given):
    client.audit_answer(id=session_id, interrupt_id=interrupt.interrupt_id, answer=given)


for interrupt in settled().interrupts:
    print(interrupt.question.question)
    if "repo-audit" in interrupt.question.folders:
        left_out = RepoAuditExcludeInput(exclude=["repo-audit"])
        answer(interrupt, RepoAuditPublishAnswerInput(exclude=left_out))
    else:
        answer(interrupt, RepoAuditPublishAnswerInput(approve=True))
for interrupt in settled().interrupts:
    answer(interrupt, RepoAuditPublishAnswerInput(approve=True))

state = settled().state
for folder in state.audits:
    print(f"{folder.folder}: {len(folder.findings)} findings")
print(state.report.split("\n", 1)[0])
