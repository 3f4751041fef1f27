//! Differences between systems, in thin calls.

use std::process::ExitCode;

/// Set in a process that was restarted, so that it does not restart again.
const RESTARTED: &str = "HATSTAND_RESTARTED";

/// What is known before GTK starts.
#[derive(Clone, Copy, Debug, Default)]
struct Surroundings {
    /// NVIDIA's driver is loaded.
    nvidia: bool,
    /// Under Wayland.
    wayland: bool,
    /// Inside an AppImage.
    appimage: bool,
    /// `--safe-window` was given.
    safe_window: bool,
}

/// A blank window is the commonest failure of such apps on Linux: WebKit's DMA-BUF renderer on NVIDIA's driver, and
/// inside AppImages. What to set so that it does not happen; never over what the user set.
fn window_environment(
    around: Surroundings,
    is_set: impl Fn(&str) -> bool,
) -> Vec<(&'static str, &'static str)> {
    let mut wanted = Vec::new();
    if around.nvidia && around.wayland && !around.appimage && !around.safe_window {
        wanted.push(("__NV_DISABLE_EXPLICIT_SYNC", "1"));
    } else if around.nvidia || around.appimage || around.safe_window {
        wanted.push(("WEBKIT_DISABLE_DMABUF_RENDERER", "1"));
    }
    if around.safe_window {
        wanted.push(("WEBKIT_DISABLE_COMPOSITING_MODE", "1"));
    }
    wanted.retain(|(name, _)| !is_set(name));
    wanted
}

/// Restarts the program with what the window needs in its environment. An environment cannot be changed safely from
/// inside a running program, so this comes before anything else. `None`: nothing was needed, go on.
pub(crate) fn restart_for_the_window() -> Option<ExitCode> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        if std::env::var_os(RESTARTED).is_some() {
            return None;
        }
        let around = Surroundings {
            nvidia: std::path::Path::new("/proc/driver/nvidia/version").exists(),
            wayland: std::env::var_os("WAYLAND_DISPLAY").is_some(),
            appimage: std::env::var_os("APPIMAGE").is_some(),
            safe_window: std::env::args_os().any(|arg| arg == "--safe-window"),
        };
        let wanted = window_environment(around, |name| std::env::var_os(name).is_some());
        if wanted.is_empty() {
            return None;
        }
        let program = std::env::current_exe().ok()?;
        let error = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .envs(wanted)
            .env(RESTARTED, "1")
            .exec();
        eprintln!("Hatstand could not restart itself: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (RESTARTED, window_environment(Surroundings::default(), |_| true));
    None
}

/// The system's own menu of a page offers to download and to open links in the window; only text fields keep it.
pub(crate) fn tame_context_menu(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use webkit2gtk::{HitTestResultExt, WebViewExt};
        window.with_webview(|webview| {
            webview.inner().connect_context_menu(|_, _, _, hit| !hit.context_is_editable());
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = window;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(around: Surroundings, set: &[&str]) -> Vec<&'static str> {
        window_environment(around, |name| set.contains(&name)).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_window_is_never_blank() {
        let none = Surroundings::default();
        assert!(names(none, &[]).is_empty());
        let nvidia = Surroundings { nvidia: true, ..none };
        assert_eq!(names(nvidia, &[]), ["WEBKIT_DISABLE_DMABUF_RENDERER"]);
        assert!(
            names(nvidia, &["WEBKIT_DISABLE_DMABUF_RENDERER"]).is_empty(),
            "never over what the user set"
        );
        assert_eq!(names(Surroundings { wayland: true, ..nvidia }, &[]), ["__NV_DISABLE_EXPLICIT_SYNC"]);
        assert_eq!(names(Surroundings { appimage: true, ..none }, &[]), ["WEBKIT_DISABLE_DMABUF_RENDERER"]);
        let safe = Surroundings { safe_window: true, ..none };
        assert_eq!(names(safe, &[]), ["WEBKIT_DISABLE_DMABUF_RENDERER", "WEBKIT_DISABLE_COMPOSITING_MODE"]);
    }
}
