//! Original bytes: up to 256 KB in the database, larger ones in files named by their SHA-256.

use super::Result;
use crate::model::MessageId;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What lies in the database; anything larger is a file.
pub const INLINE_LIMIT: usize = 256 * 1024;
const LEVEL: i32 = 3;

/// Where the bytes of this SHA-256 lie, zstd.
pub fn path(dir: &Path, hash: &[u8]) -> PathBuf {
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
    let mut packer = Packer::new(dir);
    packer.write_all(bytes)?;
    Ok(packer.finish()?.0)
}

/// Packs what is read, with flat memory, and counts it. Blocks: keep it off the runtime.
pub fn pack_stream(dir: &Path, from: &mut impl Read, always_file: bool) -> Result<(Packed, u64)> {
    let mut packer = Packer::new(dir);
    if always_file {
        packer.limit = 0;
    }
    std::io::copy(from, &mut packer)?;
    packer.finish()
}

/// The bytes again, unpacked as they are read.
pub fn open_stream(dir: &Path, packed: &Packed) -> Result<Box<dyn Read + Send>> {
    Ok(match packed {
        Packed::Inline(bytes) => {
            Box::new(zstd::stream::read::Decoder::new(std::io::Cursor::new(bytes.clone()))?)
        }
        Packed::File(hash) => {
            Box::new(zstd::stream::read::Decoder::new(std::fs::File::open(path(dir, hash))?)?)
        }
    })
}

type Encoder = zstd::stream::write::Encoder<'static, std::fs::File>;

/// Takes bytes as they come: the first stay in memory, more of them go to a file.
pub struct Packer {
    dir: PathBuf,
    limit: usize,
    held: Vec<u8>,
    hash: Sha256,
    size: u64,
    file: Option<(Encoder, PathBuf)>,
}

impl Packer {
    /// For the data folder.
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            limit: INLINE_LIMIT,
            held: Vec::new(),
            hash: Sha256::new(),
            size: 0,
            file: None,
        }
    }

    fn spill(&mut self) -> std::io::Result<()> {
        let folder = self.dir.join("raw");
        if !folder.exists() {
            std::fs::create_dir_all(&folder)?;
            super::open::private(&folder, 0o700).map_err(std::io::Error::other)?;
        }
        let part = folder.join(format!("{}.part", uuid::Uuid::new_v4().simple()));
        let mut encoder = Encoder::new(std::fs::File::create(&part)?, LEVEL)?;
        encoder.write_all(&std::mem::take(&mut self.held))?;
        self.file = Some((encoder, part));
        Ok(())
    }

    /// What was packed, and how many bytes it was. A file is safe on the disk when this returns.
    pub fn finish(mut self) -> Result<(Packed, u64)> {
        if self.file.is_none() {
            if self.limit > 0 {
                return Ok((Packed::Inline(zstd::encode_all(self.held.as_slice(), LEVEL)?), self.size));
            }
            self.spill()?;
        }
        let hash = std::mem::take(&mut self.hash).finalize().to_vec();
        let path = path(&self.dir, &hash);
        let Some((encoder, part)) = self.file.take() else { return Err(super::StoreError::Closed) };
        let mut file = encoder.finish()?;
        if path.exists() {
            std::fs::remove_file(&part)?;
            // Its row commits in a moment: until then a sweep must take it for a young one.
            std::fs::File::options().write(true).open(&path)?.set_modified(std::time::SystemTime::now())?;
        } else {
            file.flush()?;
            file.sync_all()?;
            std::fs::rename(&part, &path)?;
            #[cfg(unix)]
            std::fs::File::open(path.parent().unwrap_or(&self.dir))?.sync_all()?;
        }
        Ok((Packed::File(hash), self.size))
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.file.is_none() && self.held.len().saturating_add(bytes.len()) > self.limit {
            self.spill()?;
        }
        let taken = match &mut self.file {
            Some((encoder, _)) => encoder.write(bytes)?,
            None => {
                self.held.extend_from_slice(bytes);
                bytes.len()
            }
        };
        self.hash.update(bytes.get(..taken).unwrap_or_default());
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        if let Some((_, part)) = self.file.take() {
            // Left behind, it is swept at a later start.
            let _ = std::fs::remove_file(part);
        }
    }
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

/// Removes files that no message and no outgoing mail names: what a crash or a deletion left behind.
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
                .prepare_cached(
                    "SELECT 1 FROM message WHERE raw_hash = ?1 UNION ALL SELECT 1 FROM outgoing WHERE raw_hash = ?1 \
                     UNION ALL SELECT 1 FROM outgoing_file WHERE hash = ?1 LIMIT 1",
                )?
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
