//! The engine from a terminal: for scripts, cron, and measuring. The same data, keychain and rules as the app.

mod account;
mod args;
mod contact;
mod exit;
mod json;
mod mail;
mod project;
mod sync;
mod table;
mod test_email;

use args::{Args, Command};
use clap::Parser;
use exit::{Code, Stop};
use hatstand_engine::Engine;
use hatstand_engine::secrets::Keychain;
use std::process::ExitCode;
use std::sync::Arc;

/// How a command prints: a table for people, or one JSON value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    Table,
    Json,
}

fn main() -> ExitCode {
    // Clap ends with code 2 for a usage error.
    let args = Args::parse();
    if args.verbose {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_env_filter("hatstand_engine=debug")
            .init();
    }
    let output = if args.json { Output::Json } else { Output::Table };
    let result = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Stop::failed(&error.to_string()))
        .and_then(|runtime| runtime.block_on(run(args, output)));
    let code = match result {
        Ok(code) => code,
        Err(stop) => {
            stop.print(output);
            stop.code
        }
    };
    ExitCode::from(code as u8)
}

async fn run(args: Args, output: Output) -> Result<Code, Stop> {
    let dir = args
        .data_dir
        .or_else(hatstand_engine::data_dir)
        .ok_or_else(|| Stop::failed("This system names no folder for data; give --data-dir."))?;
    let engine = tokio::task::spawn_blocking(move || Engine::open(&dir, Arc::new(Keychain)))
        .await
        .map_err(|error| Stop::failed(&error.to_string()))?
        .map_err(|error| Stop::from(error.failure()))?;
    match args.command {
        Command::Account(command) => account::run(&engine, command, output).await,
        Command::Contact(command) => contact::run(&engine, command, output).await,
        Command::Project(command) => project::run(&engine, command, output).await,
        Command::Sync { account } => sync::run(&engine, account, output).await,
        Command::Messages(which) => mail::list(&engine, which, output).await,
        Command::Message(command) => mail::run(&engine, command, output).await,
        Command::TestEmail(command) => test_email::run(&engine, command, output).await,
    }
}
