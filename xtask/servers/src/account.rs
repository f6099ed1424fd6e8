//! The account that a server runs under.

use std::fs;
use std::io;
#[cfg(unix)]
use std::os::unix::{fs::chown, process::CommandExt};
use std::path::Path;
use std::process::Command;

/// The accounts that a server of root's may run under, the best first.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// Our own account, or another one if we are root: PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// The account of this process.
    Own,
    /// Another account.
    Other {
        /// Its user ID.
        user: u32,
        /// The ID of its group.
        group: u32,
    },
}

impl Account {
    /// Chooses the account.
    pub(crate) fn choose() -> io::Result<Self> {
        if !is_root() {
            return Ok(Self::Own);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let found = NAMES.iter().find_map(|name| find(name, &users));
        found.ok_or_else(|| io::Error::other("/etc/passwd has no user `postgres` and no user `nobody`"))
    }

    /// Makes a command run under the account.
    #[cfg_attr(not(unix), allow(unused_variables, reason = "only Unix has such accounts"))]
    pub(crate) fn apply(self, command: &mut Command) {
        #[cfg(unix)]
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group);
        }
    }

    /// Gives a file or a folder to the account.
    #[cfg_attr(not(unix), allow(unused_variables, reason = "only Unix has such accounts"))]
    pub(crate) fn give(self, path: &Path) -> io::Result<()> {
        #[cfg(unix)]
        if let Self::Other { user, group } = self {
            return chown(path, Some(user), Some(group));
        }
        Ok(())
    }
}

/// Checks whether we are root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|user| user.stdout.trim_ascii() == b"0")
}

/// Finds a user in the text of `/etc/passwd`.
fn find(name: &str, users: &str) -> Option<Account> {
    let fields =
        users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|line| line[0] == name)?;
    Some(Account::Other { user: fields.get(2)?.parse().ok()?, group: fields.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgresql:x:1:2::/:\n\npostgres:x:101:104:P:/:/bin/sh\n";
        assert_eq!(find("postgres", users), Some(Account::Other { user: 101, group: 104 }));
        assert_eq!(find("nobody", users), None);
    }
}
