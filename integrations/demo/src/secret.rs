//! The file with the secret that the cookies are signed with: read, or made on the first run.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use session_core::pyramid::Secret;

/// What the library asks for too; here the message can name the file.
const SECRET_BYTES: usize = 32;

/// A secret, and whether its file is new.
#[derive(Debug)]
pub(crate) struct SecretFile {
    pub(crate) secret: Secret,
    pub(crate) origin: Origin,
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An earlier run, or whoever wrote the file.
    Found,
    /// This run.
    Made,
}

/// Reads the secret, and makes it first if there is no such file. Of two processes that make it at once, both use the same.
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

/// The file gets its name only when it is whole, so nobody ever reads half a secret. A temporary file has mode 0600.
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

/// A secret that cannot be used. It names the file and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("the secret file {}: {problem}", .path.display())]
pub(crate) struct SecretError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("it cannot be read ({0}); mend that, or name another with --secret-file")]
    Io(#[from] io::Error),
    #[error("it cannot be made ({0}); name one in a folder that you may write to with --secret-file")]
    NotMade(io::Error),
    #[error("it is no file; name one with --secret-file")]
    NoFile,
    #[error("group or others may read it; run `chmod 600` on it, or delete it and a new one is made")]
    Open,
    #[error("it holds fewer than 32 bytes; delete it and a new one is made")]
    Short,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_make_it_at_once_have_the_same_secret() {
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
    fn two_secrets_are_never_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let secret = |name| read_or_make(&folder.path().join(name)).unwrap().secret;
        assert_ne!(secret("one"), secret("two"));
    }
}
