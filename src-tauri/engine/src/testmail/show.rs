//! A run as screens and the command line show it.

use super::clean::removal;
use super::words;
use crate::connect::StepState;
use crate::model::{AccountState, RunState, TestStep, TestStepName, TestStepState, Timestamp};
use crate::store::test_runs::{self, Run};
use crate::store::{Result, accounts, contacts, messages, projects};
use crate::sync::facts::standing;
use crate::view::{TestAccount, TestAddress, TestChoices, TestRun, TestStepView};
use rusqlite::Connection;

/// What the wizard begins with.
pub fn choices(connection: &Connection, interval_ms: i64, now: Timestamp) -> Result<TestChoices> {
    let mut all = Vec::new();
    for account in accounts::all(connection)? {
        let state: AccountState = standing(connection, &account, interval_ms, now)?.state;
        let sends = account.outgoing.is_some();
        all.push(TestAccount { id: account.id, email: account.email.display(), state, sends });
    }
    let mut used = Vec::new();
    for address in test_runs::addresses(connection)? {
        if let Some((contact_id, name)) = contacts::owner(connection, &address)? {
            used.push(TestAddress { contact_id, name, address: address.display() });
        }
    }
    Ok(TestChoices { accounts: all, used })
}

/// A run in words.
pub fn show(connection: &Connection, run: &Run, show_mail: bool) -> Result<TestRun> {
    let contact = run.contact.map(|id| contacts::get(connection, id)).transpose()?;
    let project = run.project.map(|id| projects::get(connection, id)).transpose()?;
    let title = project.map_or_else(|| "Test email".to_owned(), |project| project.title);
    let thread = run.reply.map(|id| messages::thread_of(connection, id)).transpose()?;
    let steps = TestStepName::ALL
        .into_iter()
        .map(|name| {
            let stored = run.steps.iter().find(|step| step.name == name).cloned();
            step_view(run, &stored.unwrap_or_else(|| not_begun(run, name)), &title, show_mail)
        })
        .collect();
    let can_clean = run.state != RunState::Waiting && !run.cleaned && !removal(connection, run)?.is_empty();
    Ok(TestRun {
        id: run.id,
        token: run.token.clone(),
        subject: words::subject(&run.token),
        account_id: run.account,
        account: run.account_email.clone(),
        contact_id: run.contact,
        contact: contact.map_or_else(|| run.address.local().to_owned(), |contact| contact.name),
        address: run.address.display(),
        project_id: run.project,
        project: title,
        thread_id: thread,
        state: run.state,
        by_hand: run.by_hand,
        started_at: run.started_at,
        ended_at: run.ended_at,
        steps,
        diagnosis: run.diagnosis.clone(),
        checks: run.checks.clone(),
        can_clean,
    })
}

const fn not_begun(run: &Run, name: TestStepName) -> TestStep {
    let going_out = matches!(name, TestStepName::Sent | TestStepName::Accepted | TestStepName::CopyInSent);
    let state = if run.by_hand && going_out { TestStepState::Skipped } else { TestStepState::Todo };
    TestStep { name, state, at: None, took_ms: None, detail: None }
}

fn step_view(run: &Run, step: &TestStep, project: &str, show_mail: bool) -> TestStepView {
    // Where the reply turned out to be shown stands in the step itself, whatever the setting is today.
    let on_dashboard = match step.detail.as_deref() {
        Some(detail) if step.name == TestStepName::OnDashboard => detail.starts_with("Under"),
        _ => show_mail,
    };
    TestStepView {
        name: step.name,
        title: words::title(run, step, project, on_dashboard),
        state: match step.state {
            TestStepState::Todo => StepState::Todo,
            TestStepState::Running => StepState::Running,
            TestStepState::Done => StepState::Done,
            TestStepState::Failed => StepState::Failed,
            TestStepState::Skipped => StepState::Skipped,
        },
        detail: words::detail(run, step),
        fact: step.detail.clone(),
        at: step.at,
        milliseconds: step.took_ms,
    }
}
