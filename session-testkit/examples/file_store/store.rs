//! Sessions on the file system: one file for each key.
//!
//! Each call holds one lock for the whole folder, across processes, and each file is replaced in one step; so readers see all of a write
//! or nothing. It keeps levels 0 to 3 of the contract and the dropped calls of level 5. It has no index by owner (level 4), every call
//! blocks its thread, and a machine that dies in the middle of a rename can leave both keys: use it to learn from.
//! A brief touch fails if another call holds the lock; every other call waits for it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use session_core::UnixTime;
use session_core::store::after_miss::{self, AfterCreate, Found};
use session_core::store::{
    Created, Entry, Loaded, OwnerIndex, PurgeExpired, RENAME_MARKER_LIFETIME, Record, SessionStore,
    SizeLimits, StoreError, StoreErrorKind, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};

const NAME: &str = "file";
/// The extension of the files that hold an entry.
const EXTENSION: &str = "session";

#[derive(Debug)]
pub(crate) struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// Keeps sessions in this folder, which is made if it is missing.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The lock of the folder, until the file is dropped.
    fn lock(&self) -> Result<File, StoreError> {
        let file = File::create(self.folder.join("lock")).map_err(unavailable)?;
        file.lock().map_err(unavailable)?;
        Ok(file)
    }

    /// The lock of the folder, if no other call holds it.
    fn try_lock(&self) -> Result<File, StoreError> {
        let file = File::create(self.folder.join("lock")).map_err(unavailable)?;
        file.try_lock().map_err(|error| unavailable(error.into()))?;
        Ok(file)
    }

    fn path(&self, key: &StoreKey) -> PathBuf {
        let name: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name).with_extension(EXTENSION)
    }

    fn read(&self, path: &Path) -> Result<Option<Entry>, StoreError> {
        match fs::read(path) {
            Ok(bytes) => Entry::from_bytes(&bytes)
                .map(Some)
                .map_err(|error| StoreError::new(NAME, StoreErrorKind::Corrupt).with_source(error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Replaces the file in one step: whoever reads it meanwhile, or after a crash, finds the old one or the new one.
    fn write(&self, key: &StoreKey, entry: &Entry) -> Result<(), StoreError> {
        let path = self.path(key);
        let temporary = path.with_extension("new");
        let write = || -> io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(&entry.to_bytes())?;
            file.sync_data()?;
            fs::rename(&temporary, &path)
        };
        write().map_err(unavailable)
    }

    fn found(&self, key: &StoreKey) -> Result<Option<Found>, StoreError> {
        Ok(self.read(&self.path(key))?.map(Found::from))
    }

    /// Returns the number and the record of the session under the key, if it is live.
    fn live(&self, key: &StoreKey, now: UnixTime) -> Result<Option<(u64, Record)>, StoreError> {
        Ok(match self.read(&self.path(key))? {
            Some(Entry::Live { session, record }) if record.is_live(now) => Some((session, record)),
            Some(Entry::Live { .. } | Entry::Renamed { .. }) | None => None,
        })
    }

    /// Returns the number of the session that a write replaces: it is live, and has the expected version.
    fn current(&self, key: &StoreKey, expected: Version, now: UnixTime) -> Result<Option<u64>, StoreError> {
        let live = self.live(key, now)?;
        Ok(live.filter(|(_, record)| record.version == expected).map(|(session, _)| session))
    }

    /// Returns the present key and the record of the session that has or had this key.
    fn follow(&self, key: &StoreKey) -> Result<Option<(StoreKey, Record)>, StoreError> {
        let (mut at, mut followed) = (*key, None);
        loop {
            let (session, next) = match self.read(&self.path(&at))? {
                Some(Entry::Live { session, record }) => (session, Err(record)),
                Some(Entry::Renamed { session, to, .. }) => (session, Ok(to)),
                None => return Ok(None),
            };
            // The key of a session that has ended may be in use by another one.
            if followed.is_some_and(|followed| followed != session) {
                return Ok(None);
            }
            match next {
                Ok(to) => (at, followed) = (to, Some(session)),
                Err(record) => return Ok(Some((at, record))),
            }
        }
    }
}

fn unavailable(error: io::Error) -> StoreError {
    StoreError::new(NAME, StoreErrorKind::Unavailable).with_source(error)
}

#[async_trait]
impl SessionStore for FileStore {
    fn name(&self) -> &'static str {
        NAME
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        let _lock = self.lock()?;
        Ok(match self.read(&self.path(key))? {
            Some(Entry::Live { record, .. }) if record.is_live(now) => Loaded::Found(record),
            Some(Entry::Renamed { until, .. }) if now < until => match self.follow(key)? {
                Some((_, record)) if record.is_live(now) => Loaded::Moved { owner: record.owner },
                Some(_) | None => Loaded::Absent,
            },
            Some(Entry::Live { .. } | Entry::Renamed { .. }) | None => Loaded::Absent,
        })
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let _lock = self.lock()?;
        match after_miss::create(self.found(key)?.as_ref(), record.version, now) {
            AfterCreate::Done => Ok(Created::Done),
            AfterCreate::Taken => Ok(Created::Taken),
            AfterCreate::Retry => {
                let session = record.version.to_bits();
                self.write(key, &Entry::Live { session, record: record.clone() })?;
                Ok(Created::Done)
            }
        }
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let _lock = self.lock()?;
        match self.current(key, expected, now)? {
            Some(session) if record.version != expected => {
                self.write(key, &Entry::Live { session, record: record.clone() })?;
                Ok(Written::Done)
            }
            Some(_) | None => Ok(after_miss::update(self.found(key)?, record.version, expected, now)),
        }
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let _lock = self.lock()?;
        match (self.current(old, expected, now)?, self.found(new)?) {
            (Some(session), None) => {
                let until = now + RENAME_MARKER_LIFETIME;
                self.write(new, &Entry::Live { session, record: record.clone() })?;
                self.write(old, &Entry::Renamed { session, to: *new, until })?;
                Ok(Written::Done)
            }
            (_, found) => after_miss::rename(self.found(old)?, found.as_ref(), record.version, expected, now)
                .map_err(|taken| StoreError::new(NAME, StoreErrorKind::Other).with_source(taken)),
        }
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let _lock = match patience {
            TouchPatience::Brief => self.try_lock()?,
            TouchPatience::Full => self.lock()?,
        };
        let Some((session, mut record)) = self.live(key, now)? else { return Ok(Touched::Gone) };
        record.expires = record.expires.zip(expires).map(|(stored, asked)| stored.max(asked));
        record.last_used = record.last_used.max(now);
        self.write(key, &Entry::Live { session, record })?;
        Ok(Touched::Done)
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        match self.follow(key)? {
            Some((at, _)) => fs::remove_file(self.path(&at)).map_err(unavailable),
            None => Ok(()),
        }
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        None
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

#[async_trait]
impl PurgeExpired for FileStore {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        let _lock = self.lock()?;
        let mut removed = 0;
        for file in fs::read_dir(&self.folder).map_err(unavailable)? {
            let path = file.map_err(unavailable)?.path();
            if removed == u64::from(limit) || path.extension().is_none_or(|extension| extension != EXTENSION)
            {
                continue;
            }
            let end = match self.read(&path)? {
                Some(Entry::Live { record, .. }) => record.expires,
                Some(Entry::Renamed { until, .. }) => Some(until),
                None => None,
            };
            if end.is_some_and(|end| end < before) {
                fs::remove_file(&path).map_err(unavailable)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
