//! Opening the database: pragmas, a copy before each migration, migrations.

use super::{Result, StoreError};
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "hatstand.db";
/// Another program's write may take this long.
const BUSY: Duration = Duration::from_secs(5);
/// Copies made before migrations that are kept.
const COPIES_KEPT: usize = 2;

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_sign_in.sql"),
    include_str!("../../migrations/0003_outgoing.sql"),
    include_str!("../../migrations/0004_answers.sql"),
    include_str!("../../migrations/0005_test_run.sql"),
];

pub(super) fn open(dir: &Path) -> Result<Connection> {
    let made = !dir.exists();
    std::fs::create_dir_all(dir)?;
    if made {
        private(dir, 0o700)?;
    }
    let mut connection = Connection::open(dir.join(FILE))?;
    // The files beside it (WAL) take the database's own permissions.
    private(&dir.join(FILE), 0o600)?;
    connection.busy_timeout(BUSY)?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    pragmas(&connection)?;
    if found < known {
        if found > 0 {
            copy(&connection, dir, found)?;
        }
        Migrations::new(MIGRATIONS.iter().map(|sql| M::up(sql)).collect())
            .to_latest(&mut connection)
            .map_err(|error| match error {
                rusqlite_migration::Error::RusqliteError { err, .. } => StoreError::Sql(err),
                other => StoreError::Io(std::io::Error::other(other.to_string())),
            })?;
    }
    Ok(connection)
}

pub(super) fn reader(dir: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(dir.join(FILE), flags)?;
    connection.busy_timeout(BUSY)?;
    pragmas(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn pragmas(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Mail is private: on Unix nobody else may look into what is made here. A folder that was there keeps its
/// permissions: it may be anybody's.
pub(super) fn private(path: &Path, mode: u32) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

fn copy(connection: &Connection, dir: &Path, version: i64) -> Result<()> {
    let name = format!("hatstand-v{version}-{}.db", jiff::Timestamp::now().as_millisecond());
    let path = dir.join(name);
    connection.backup("main", &path, None)?;
    private(&path, 0o600)?;
    let mut copies: Vec<PathBuf> = std::fs::read_dir(dir)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                name.starts_with("hatstand-v") && Path::new(name).extension() == Some("db".as_ref())
            })
        })
        .collect();
    copies.sort();
    let surplus = copies.len().saturating_sub(COPIES_KEPT);
    for path in copies.into_iter().take(surplus) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}
