//! The app's life: one instance, the engine, the window.

use crate::navigation::Gate;
use crate::shell::Shell;
use crate::{bindings, dropped, events, platform};
use hatstand_engine::model::Refusal;
use hatstand_engine::secrets::Keychain;
use hatstand_engine::sync::lock::AppLock;
use hatstand_engine::{DATA_DIR_ENV, Engine};
use std::sync::Arc;
use std::time::Duration;
use tauri::webview::NewWindowResponse;
use tauri::{App, AppHandle, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};

/// How often the other program's writes are looked for.
const LOOK_FOR_OTHERS: Duration = Duration::from_secs(1);

/// Runs the app until its window is closed.
pub(crate) fn run() -> tauri::Result<()> {
    let dir = hatstand_engine::data_dir();
    let lock = match &dir {
        Some(dir) => AppLock::take(dir)?,
        None => None,
    };
    let bindings = bindings::builder();
    let mut builder = tauri::Builder::default();
    // A profile of its own (a demo, a test) must not be taken for the user's running app.
    if std::env::var_os(DATA_DIR_ENV).is_none() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)));
    } else if lock.is_none() {
        eprintln!("Hatstand is open already on this data folder.");
        return Ok(());
    }
    builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .invoke_handler(bindings.invoke_handler())
        .setup(move |app| {
            bindings.mount_events(app);
            // The single-instance plugin ends a second app before this; the lock guards where it cannot.
            if lock.is_none() && dir.is_some() {
                eprintln!("Hatstand is open already.");
                std::process::exit(0);
            }
            // Held for the app's life.
            app.manage(lock);
            let engine = match dir {
                Some(dir) => Engine::open(&dir, Arc::new(Keychain)).map_err(|error| error.failure().into()),
                None => {
                    Err(Refusal::new("no_data_folder", "This system names no folder for Hatstand’s data."))
                }
            };
            if let Ok(engine) = &engine {
                begin(app.handle(), engine);
            }
            app.manage(Shell::new(engine));
            app.manage(dropped::Drops::default());
            window(app)?;
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(|app, event| {
            if let RunEvent::Exit = event
                && let Ok(engine) = app.state::<Shell>().engine()
            {
                engine.close();
            }
        });
    Ok(())
}

fn begin(app: &AppHandle, engine: &Engine) {
    tauri::async_runtime::spawn(events::forward(app.clone(), engine.clone()));
    let (cycles, others) = (engine.clone(), engine.clone());
    tauri::async_runtime::spawn(async move { cycles.run().await });
    tauri::async_runtime::spawn(async move { others.watch_for_others(LOOK_FOR_OTHERS).await });
}

fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

fn window(app: &App) -> tauri::Result<()> {
    let gate = Arc::new(Gate::new());
    let (asked, loaded) = (Arc::clone(&gate), gate);
    let handle = app.handle().clone();
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Hatstand")
        .inner_size(1280.0, 880.0)
        .min_inner_size(900.0, 600.0)
        .on_navigation(move |url| asked.allows(&handle, url))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(move |_, payload| {
            if payload.event() == tauri::webview::PageLoadEvent::Finished {
                loaded.close();
            }
        })
        .build()?;
    let handle = app.handle().clone();
    window.on_window_event(move |event| {
        if let tauri::WindowEvent::DragDrop(event) = event {
            dropped::follow(&handle, event);
        }
    });
    platform::tame_context_menu(&window)
}
