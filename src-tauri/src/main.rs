//! The desktop shell: a window over the engine.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod bindings;
mod commands;
mod dropped;
mod events;
mod navigation;
mod platform;
mod shell;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = platform::restart_for_the_window() {
        return code;
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::new("warn"))
        .init();
    match app::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
