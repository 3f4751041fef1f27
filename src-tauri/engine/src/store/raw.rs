//! Original bytes: up to 256 KB in the database, larger ones in files named by their SHA-256.

use super::Result;
use crate::model::MessageId;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What lies in the database; anything larger is a file.
pub const INLINE_LIMIT: usize = 256 * 1024;
const LEVEL: i32 = 3;

fn path(dir: &Path, hash: &[u8]) -> PathBuf {
    let name: String = hash.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    });
    dir.join("raw").join(format!("{name}.zst"))
}

/// Bytes made ready before the transaction that stores their row: packed, or already safe in a file.
#[derive(Clone, Debug)]
pub enum Packed {
    /// zstd, for the table.
    Inline(Vec<u8>),
    /// SHA-256 of the bytes; the file is fsynced and renamed.
    File(Vec<u8>),
}

/// Packs bytes. A large mail is written, fsynced and renamed here, so that the row can commit after it.
pub fn pack(dir: &Path, bytes: &[u8]) -> Result<Packed> {
    if bytes.len() <= INLINE_LIMIT {
        return Ok(Packed::Inline(zstd::encode_all(bytes, LEVEL)?));
    }
    let hash = Sha256::digest(bytes).to_vec();
    let path = path(dir, &hash);
    if path.exists() {
        // Its row commits in a moment: until then a sweep must take it for a young one.
        std::fs::File::options().write(true).open(&path)?.set_modified(std::time::SystemTime::now())?;
    } else {
        let folder = path.parent().unwrap_or(dir);
        if !folder.exists() {
            std::fs::create_dir_all(folder)?;
            super::open::private(folder, 0o700)?;
        }
        let part = path.with_extension(format!("part{}", std::process::id()));
        let mut file = std::fs::File::create(&part)?;
        zstd::stream::copy_encode(bytes, &mut file, LEVEL)?;
        file.flush()?;
        file.sync_all()?;
        std::fs::rename(&part, &path)?;
        #[cfg(unix)]
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(Packed::File(hash))
}

/// Stores packed bytes of a message.
pub fn insert(connection: &Connection, id: MessageId, packed: &Packed) -> Result<()> {
    match packed {
        Packed::Inline(bytes) => connection
            .prepare_cached("INSERT INTO raw (message_id, bytes) VALUES (?1, ?2)")?
            .execute(params![id.0, bytes])?,
        Packed::File(hash) => connection
            .prepare_cached("UPDATE message SET raw_hash = ?2 WHERE id = ?1")?
            .execute(params![id.0, hash])?,
    };
    Ok(())
}

/// The original bytes of a message.
pub fn read(connection: &Connection, dir: &Path, id: MessageId) -> Result<Option<Vec<u8>>> {
    let inline: Option<Vec<u8>> = connection
        .prepare_cached("SELECT bytes FROM raw WHERE message_id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    if let Some(packed) = inline {
        return Ok(Some(zstd::decode_all(packed.as_slice())?));
    }
    let hash: Option<Vec<u8>> = connection
        .prepare_cached("SELECT raw_hash FROM message WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .flatten();
    match hash {
        Some(hash) => Ok(Some(zstd::decode_all(std::fs::File::open(path(dir, &hash))?)?)),
        None => Ok(None),
    }
}

/// Removes files that no message names: what a crash or a deletion left behind.
pub fn sweep(connection: &Connection, dir: &Path) -> Result<()> {
    let folder = dir.join("raw");
    if !folder.exists() {
        return Ok(());
    }
    // Another program may be between its rename and its commit: only files an hour old are swept.
    let young = std::time::Duration::from_hours(1);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if age < young {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let hash = name.strip_suffix(".zst").and_then(unhex);
        let wanted = match hash {
            Some(hash) => connection
                .prepare_cached("SELECT 1 FROM message WHERE raw_hash = ?1 LIMIT 1")?
                .exists([hash])?,
            None => false,
        };
        if !wanted {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}
