//! `test-email …`

use crate::args::TestEmailCommand;
use crate::exit::{Code, Stop};
use crate::{Output, json, table};
use hatstand_engine::Engine;
use hatstand_engine::model::{Refusal, RunState};
use hatstand_engine::view::TestRun;

pub(crate) async fn run(engine: &Engine, command: TestEmailCommand, output: Output) -> Result<Code, Stop> {
    match command {
        TestEmailCommand::Start { account, contact } => {
            let run = engine.start_test(account, contact).await?;
            print(output, &run);
            sent(run)
        }
        TestEmailCommand::Status { run } => {
            print(output, &engine.check_test(run).await?);
            Ok(Code::Done)
        }
    }
}

/// A mail that could not be sent ends the program by its cause, as connecting does.
fn sent(run: TestRun) -> Result<Code, Stop> {
    match run.diagnosis.filter(|_| run.state == RunState::Failed) {
        None => Ok(Code::Done),
        Some(why) => {
            let server_said = why.server_said;
            Err(Stop::from(Refusal { server_said, ..Refusal::new(&why.code, why.sentence) }))
        }
    }
}

fn print(output: Output, run: &TestRun) {
    if output == Output::Json {
        table::one(output, &json::test_run(run));
        return;
    }
    let state = json::name(&run.state);
    table::say(&table::safe(&format!("Test {}  {state}  {}", run.id, run.subject)));
    let rows = run
        .steps
        .iter()
        .map(|step| {
            let at = step.at.map(json::time).unwrap_or_default();
            let detail = step.detail.clone().unwrap_or_default();
            (serde_json::Value::Null, vec![json::name(&step.name), json::name(&step.state), at, detail])
        })
        .collect();
    table::list(output, &["STEP", "STATE", "AT", "DETAIL"], rows);
    if let Some(why) = &run.diagnosis {
        table::say(&table::safe(&format!("{} {}", why.sentence, why.remedy)));
    }
    if run.by_hand && run.state == RunState::Waiting {
        let words = format!(
            "Write a mail with the subject “{}” from {} to {}.",
            run.subject, run.address, run.account
        );
        table::say(&table::safe(&words));
    }
}
