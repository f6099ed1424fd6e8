//! The file with the secret that signs the cookies. The first run creates it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use session_core::pyramid::Secret;

/// The shortest secret, in bytes. The library has the same limit; the error here can also name the file.
const SECRET_BYTES: usize = 32;

/// A secret and its origin.
#[derive(Debug)]
pub(crate) struct SecretFile {
    pub(crate) secret: Secret,
    pub(crate) origin: Origin,
}

/// The origin of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The file existed.
    Found,
    /// This run created the file.
    Made,
}

/// Reads the secret, and creates its file first if there is none. Processes that create it at the same time
/// end up with the same secret.
///
/// # Errors
///
/// Fails if the file cannot be read or created, is not a regular file, is readable by others, or is too
/// short.
pub(crate) fn read_or_make(path: &Path) -> Result<SecretFile, SecretError> {
    let at = |problem| SecretError { path: path.to_owned(), problem };
    match read(path) {
        Err(Problem::Io(error)) if error.kind() == io::ErrorKind::NotFound => (),
        found => return found.map(|secret| SecretFile { secret, origin: Origin::Found }).map_err(at),
    }
    let origin = make(path).map_err(|error| at(Problem::NotMade(error)))?;
    read(path).map(|secret| SecretFile { secret, origin }).map_err(at)
}

fn read(path: &Path) -> Result<Secret, Problem> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Problem::NoFile);
    }
    refuse_if_others_may_read(&metadata)?;
    let text = fs::read_to_string(path)?;
    let text = text.trim_end();
    if text.len() < SECRET_BYTES {
        return Err(Problem::Short);
    }
    Ok(Secret::from(text))
}

#[cfg(unix)]
fn refuse_if_others_may_read(metadata: &fs::Metadata) -> Result<(), Problem> {
    use std::os::unix::fs::MetadataExt as _;
    if metadata.mode() & 0o077 == 0 { Ok(()) } else { Err(Problem::Open) }
}

#[cfg(not(unix))]
fn refuse_if_others_may_read(_: &fs::Metadata) -> Result<(), Problem> {
    Ok(())
}

/// Creates the file. It gets its name only once it is complete, so no process ever reads half a secret. Its
/// mode is 0600, as that of every temporary file.
fn make(path: &Path) -> io::Result<Origin> {
    let mut random = [0; SECRET_BYTES];
    SysRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    writeln!(file, "{}", URL_SAFE_NO_PAD.encode(random))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(Origin::Made),
        Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => Ok(Origin::Found),
        Err(error) => Err(error.error),
    }
}

/// An error about the secret file. Its text names the file and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("the secret file {}: {problem}", .path.display())]
pub(crate) struct SecretError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("it cannot be read ({0}); fix that, or name another file with --secret-file")]
    Io(#[from] io::Error),
    #[error("it cannot be created ({0}); with --secret-file, name a file in a folder that you can write to")]
    NotMade(io::Error),
    #[error("it is not a regular file; name another with --secret-file")]
    NoFile,
    #[error("its group or others may read it; run `chmod 600` on it, or delete it to have a new one created")]
    Open,
    #[error("it holds fewer than 32 bytes; delete it to have a new one created")]
    Short,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_creations_end_with_the_same_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let files: Vec<SecretFile> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| read_or_make(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(files.iter().all(|file| file.secret == files[0].secret));
        assert_eq!(files.iter().filter(|file| file.origin == Origin::Made).count(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left behind");
    }

    #[test]
    fn each_new_secret_is_different() {
        let folder = tempfile::tempdir().unwrap();
        let secret = |name| read_or_make(&folder.path().join(name)).unwrap().secret;
        assert_ne!(secret("one"), secret("two"));
    }
}
