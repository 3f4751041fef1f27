//! Files that are dragged onto the window. The page hears their names and a number; the paths stay here, so that it
//! can attach what a person dropped and nothing else.

use crate::events::{FilesDropped, FilesOver};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, DragDropEvent, Manager};
use tauri_specta::Event as _;

/// The last drop that nobody took yet, with its number.
#[derive(Default)]
pub(crate) struct Drops(Mutex<(u32, Option<Vec<PathBuf>>)>);

impl Drops {
    /// Keeps a drop in place of the one before. Answers its number.
    pub(crate) fn keep(&self, paths: Vec<PathBuf>) -> u32 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 = kept.0.wrapping_add(1);
        kept.1 = Some(paths);
        kept.0
    }

    /// Hands a drop out, once.
    pub(crate) fn take(&self, number: u32) -> Option<Vec<PathBuf>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 == number { kept.1.take() } else { None }
    }
}

/// Tells the page what is dragged over it and dropped.
pub(crate) fn follow(app: &AppHandle, event: &DragDropEvent) {
    let over = |over| {
        let _ = FilesOver { over }.emit(app);
    };
    match event {
        DragDropEvent::Enter { paths, .. } => over(!paths.is_empty()),
        DragDropEvent::Leave => over(false),
        DragDropEvent::Drop { paths, .. } => {
            over(false);
            let names = paths
                .iter()
                .filter_map(|path| path.file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            let drop = app.state::<Drops>().keep(paths.clone());
            let _ = FilesDropped { drop, names }.emit(app);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_can_be_taken_once_and_only_the_latest() {
        let drops = Drops::default();
        let first = drops.keep(vec!["/a".into()]);
        let second = drops.keep(vec!["/b".into()]);
        assert_eq!(drops.take(first), None);
        assert_eq!(drops.take(second), Some(vec![PathBuf::from("/b")]));
        assert_eq!(drops.take(second), None);
    }
}
