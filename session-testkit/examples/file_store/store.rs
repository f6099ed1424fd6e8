//! Sessions on the file system: one file for each key.
//!
//! Each call holds one lock for the whole folder, across processes, and each file is replaced in one step; so readers see all of a write
//! or nothing. It keeps levels 0 to 3 of the contract and the dropped calls of level 5. It has no index by owner (level 4), every call
//! blocks its thread, and a machine that dies in the middle of a rename can leave both keys: use it to learn from.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits, StoreError, StoreErrorKind,
    StoreKey, Touched, Version, Written, async_trait,
};

use super::entry::Entry;

const NAME: &str = "file";
const MOVED_FOR: Duration = Duration::from_secs(61);

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

    fn path(&self, key: &StoreKey) -> PathBuf {
        let name: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name).with_extension("json")
    }

    fn read(&self, path: &Path) -> Result<Option<Entry>, StoreError> {
        match fs::read(path) {
            // The cause is not kept: it would show what is in the file.
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|_| StoreError::new(NAME, StoreErrorKind::Corrupt)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Replaces the file in one step: whoever reads it meanwhile, or after a crash, finds the old one or the new one.
    fn write(&self, key: &StoreKey, entry: &Entry) -> Result<(), StoreError> {
        let (path, bytes) = (self.path(key), serde_json::to_vec(entry).expect("an entry has a JSON form"));
        let temporary = path.with_extension("new");
        let write = || -> io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            fs::rename(&temporary, &path)
        };
        write().map_err(unavailable)
    }

    /// The live session under the key, with its line.
    fn live(&self, key: &StoreKey, now: UnixTime) -> Result<Option<(u64, Record)>, StoreError> {
        Ok(match self.read(&self.path(key))? {
            Some(Entry::Session { line, record }) => {
                Some((line, record.into())).filter(|(_, record): &(u64, Record)| record.is_live(now))
            }
            Some(Entry::Moved { .. }) | None => None,
        })
    }

    /// Where the session is now that the key has, or had; and its record.
    fn follow(&self, key: &StoreKey) -> Result<Option<(StoreKey, Record)>, StoreError> {
        let (mut at, mut followed) = (*key, None);
        loop {
            match self.read(&self.path(&at))? {
                Some(Entry::Session { line, record }) if followed.is_none_or(|followed| followed == line) => {
                    return Ok(Some((at, record.into())));
                }
                Some(Entry::Moved { line, to, .. }) if followed.is_none_or(|followed| followed == line) => {
                    at = StoreKey::from_bytes(
                        to.try_into().map_err(|_| StoreError::new(NAME, StoreErrorKind::Corrupt))?,
                    );
                    followed = Some(line);
                }
                Some(_) | None => return Ok(None),
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
            Some(Entry::Session { record, .. }) => {
                let record = Record::from(record);
                if record.is_live(now) { Loaded::Found(record) } else { Loaded::Absent }
            }
            Some(Entry::Moved { until, .. }) if now.as_millis() < until => match self.follow(key)? {
                Some((_, record)) if record.is_live(now) => Loaded::Moved { owner: record.owner },
                Some(_) | None => Loaded::Absent,
            },
            Some(Entry::Moved { .. }) | None => Loaded::Absent,
        })
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let _lock = self.lock()?;
        match self.read(&self.path(key))? {
            Some(Entry::Session { record: found, .. }) if found.version == record.version.to_bits() => {
                return Ok(Created::Done);
            }
            Some(Entry::Session { record: found, .. }) if Record::from(&found).is_live(now) => {
                return Ok(Created::Taken);
            }
            Some(Entry::Moved { until, .. }) if now.as_millis() < until => return Ok(Created::Taken),
            Some(_) | None => {}
        }
        self.write(key, &Entry::Session { line: record.version.to_bits(), record: record.into() })?;
        Ok(Created::Done)
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let _lock = self.lock()?;
        let Some((line, found)) = self.live(key, now)? else { return Ok(Written::Gone) };
        if found.version == record.version {
            return Ok(Written::Done);
        }
        if found.version != expected {
            return Ok(Written::Conflict(found));
        }
        self.write(key, &Entry::Session { line, record: record.into() })?;
        Ok(Written::Done)
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
        match self.read(&self.path(new))? {
            Some(Entry::Session { record: found, .. }) if found.version == record.version.to_bits() => {
                return Ok(Written::Done);
            }
            Some(_) => {
                return Err(StoreError::new(NAME, StoreErrorKind::Other).with_source("the new key is taken"));
            }
            None => {}
        }
        let Some((line, found)) = self.live(old, now)? else { return Ok(Written::Gone) };
        if found.version != expected {
            return Ok(Written::Conflict(found));
        }
        self.write(new, &Entry::Session { line, record: record.into() })?;
        let until = (now + MOVED_FOR).as_millis();
        self.write(old, &Entry::Moved { line, to: new.as_bytes().to_vec(), until })?;
        Ok(Written::Done)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let _lock = self.lock()?;
        let Some((line, mut record)) = self.live(key, now)? else { return Ok(Touched::Gone) };
        record.expires = record.expires.zip(expires).map(|(stored, asked)| stored.max(asked));
        record.last_used = record.last_used.max(now);
        self.write(key, &Entry::Session { line, record: (&record).into() })?;
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
            if removed == u64::from(limit) || path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let end = match self.read(&path)? {
                Some(Entry::Session { record, .. }) => record.expires,
                Some(Entry::Moved { until, .. }) => Some(until),
                None => None,
            };
            if end.is_some_and(|end| end < before.as_millis()) {
                fs::remove_file(&path).map_err(unavailable)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
