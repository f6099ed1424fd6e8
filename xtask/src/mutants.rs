//! `cargo xtask mutants`: how many small faults the tests of a crate notice, by `cargo mutants`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use serde_json::Value;

use crate::failure::Failure;
use crate::programs;
use crate::servers::Servers;
use crate::workspace::{self, cargo};

/// The crates that have an aim.
const AIMS: &[Aim] = &[
    Aim { package: "session-core", percent: 95, needs: Needs::Nothing },
    Aim { package: "session-sql", percent: 90, needs: Needs::Servers },
];

/// Where the lists of mutants are written, in a folder for each crate and part.
const FOLDER: &str = "target/mutants";

const INSTALL: &str =
    "`cargo mutants` is not on this machine.\nInstall it: cargo install cargo-mutants --locked";

/// The share of a crate's viable mutants that the tests are to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Aim {
    package: &'static str,
    percent: u64,
    needs: Needs,
}

/// The things that the tests of a crate need beside a compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The servers that all tests share.
    Servers,
}

/// One of several parts of the mutants, so that several machines or evenings share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    part: u32,
    of: u32,
}

/// A command line, read.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    shard: Option<Shard>,
    aims: Vec<Aim>,
}

/// The mutants of one crate, counted by outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    caught: u64,
    /// Those that hang: the tests notice them too.
    timeout: u64,
    missed: u64,
    /// Those that do not compile.
    unviable: u64,
}

/// Tests the mutants of the packages that `words` name, or of all that have an aim.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let wish = wish(words)?;
    ensure_installed()?;
    let results = wish
        .aims
        .iter()
        .map(|aim| Ok((*aim, test(*aim, wish.shard)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    println!();
    for (aim, counts) in &results {
        println!("{}: {counts}; the aim is {} %", aim.package, aim.percent);
    }
    let short: Vec<&str> =
        results.iter().filter(|(aim, counts)| !counts.reach(*aim)).map(|(aim, _)| aim.package).collect();
    if short.is_empty() {
        return Ok(());
    }
    Err(Failure::Finding(format!(
        "too many mutants are missed in {}; read the `missed.txt` below {FOLDER}, and write a test for each",
        short.join(" and ")
    )))
}

fn wish(words: &[&str]) -> Result<Wish, Failure> {
    let (shard, packages) = match words {
        ["--shard", shard, packages @ ..] => (Some(shard.parse()?), packages),
        ["--shard"] => return Err(Failure::Usage("`--shard` wants a part, such as 0/8".to_owned())),
        packages => (None, packages),
    };
    let known = |name: &&str| {
        let aim = AIMS.iter().find(|aim| aim.package == *name).copied();
        aim.ok_or_else(|| Failure::Usage(format!("`mutants` takes no `{name}`")))
    };
    let aims = packages.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    Ok(Wish { shard, aims: if aims.is_empty() { AIMS.to_vec() } else { aims } })
}

fn ensure_installed() -> Result<(), Failure> {
    let version = cargo(&["mutants", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.map_err(Failure::machine("cannot run cargo"))?.success() {
        return Ok(());
    }
    Err(Failure::Finding(INSTALL.to_owned()))
}

/// Tests the mutants of one crate.
fn test(aim: Aim, shard: Option<Shard>) -> Result<Counts, Failure> {
    let folder = folder(aim, shard);
    fs::create_dir_all(workspace::root().join(&folder))
        .map_err(Failure::machine(format!("cannot make {}", folder.display())))?;
    let servers = match aim.needs {
        Needs::Nothing => Servers::default(),
        Needs::Servers => Servers::start()?,
    };
    match programs::run(command(aim, shard, &folder).envs(servers.variables())) {
        // 2: some were missed. 3: some hang. Both are results.
        Ok(()) | Err(Failure::Program { code: 2 | 3, .. }) => {}
        Err(failure) => return Err(failure),
    }
    let file = workspace::root().join(&folder).join("mutants.out/outcomes.json");
    let text =
        fs::read_to_string(&file).map_err(Failure::machine(format!("cannot read {}", file.display())))?;
    Counts::read(&text).ok_or_else(|| Failure::Finding(format!("{} has no counts", file.display())))
}

fn folder(aim: Aim, shard: Option<Shard>) -> PathBuf {
    let part = shard.map(|Shard { part, of }| format!("-{part}-of-{of}")).unwrap_or_default();
    Path::new(FOLDER).join(format!("{}{part}", aim.package))
}

fn command(aim: Aim, shard: Option<Shard>, folder: &Path) -> Command {
    // What is the same for everybody who calls `cargo mutants` stands in .cargo/mutants.toml.
    let mut command = cargo(&["mutants", "--package", aim.package, "--output"]);
    command.arg(folder);
    if let Some(shard) = shard {
        // By turns, so that each part is of all files.
        command.args(["--sharding", "round-robin", "--shard", &shard.to_string()]);
    }
    command
}

impl FromStr for Shard {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let parts = text.split_once('/').and_then(|(part, of)| part.parse().ok().zip(of.parse().ok()));
        match parts {
            Some((part, of)) if part < of => Ok(Self { part, of }),
            Some(_) | None => {
                Err(Failure::Usage(format!("`--shard` takes no `{text}`; the first of 8 parts is 0/8")))
            }
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl Counts {
    /// Reads the counts at the end of the tool's own list.
    fn read(outcomes: &str) -> Option<Self> {
        let outcomes: Value = serde_json::from_str(outcomes).ok()?;
        let count = |name: &str| outcomes[name].as_u64();
        Some(Self {
            caught: count("caught")?,
            timeout: count("timeout")?,
            missed: count("missed")?,
            unviable: count("unviable")?,
        })
    }

    /// Returns the number of mutants that the tests notice.
    const fn noticed(self) -> u64 {
        self.caught + self.timeout
    }

    /// Returns the number of mutants that the tests could notice.
    const fn viable(self) -> u64 {
        self.noticed() + self.missed
    }

    const fn reach(self, aim: Aim) -> bool {
        self.noticed() * 100 >= aim.percent * self.viable()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded down: what is short of an aim never looks like it.
        let permille = self.noticed() * 1000 / self.viable().max(1);
        write!(
            f,
            "{} of {} viable mutants caught ({}.{} %), {} of them by hanging; {} missed, {} unviable",
            self.noticed(),
            self.viable(),
            permille / 10,
            permille % 10,
            self.timeout,
            self.missed,
            self.unviable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(words: &[&str]) -> String {
        let failure = wish(words).unwrap_err();
        assert!(matches!(failure, Failure::Usage(_)));
        failure.to_string()
    }

    fn counts(caught: u64, missed: u64) -> Counts {
        Counts { caught, timeout: 0, missed, unviable: 0 }
    }

    #[test]
    fn all_crates_that_have_an_aim_are_tested_if_none_is_named() {
        assert_eq!(wish(&[]).unwrap(), Wish { shard: None, aims: AIMS.to_vec() });
        assert_eq!(wish(&["session-sql"]).unwrap().aims, [AIMS[1]]);
        let part = wish(&["--shard", "3/8", "session-core"]).unwrap();
        assert_eq!(part, Wish { shard: Some(Shard { part: 3, of: 8 }), aims: vec![AIMS[0]] });
    }

    #[test]
    fn a_part_that_is_none_and_a_crate_without_an_aim_are_refused() {
        assert_eq!(usage(&["xtask"]), "`mutants` takes no `xtask`");
        assert_eq!(usage(&["--shard"]), "`--shard` wants a part, such as 0/8");
        for part in ["8/8", "1", "a/b", "-1/8", "0/0"] {
            assert_eq!(
                usage(&["--shard", part]),
                format!("`--shard` takes no `{part}`; the first of 8 parts is 0/8")
            );
        }
    }

    #[test]
    fn a_part_is_of_all_files_and_is_kept_apart() {
        let shard = Some(Shard { part: 3, of: 8 });
        assert_eq!(folder(AIMS[0], shard), Path::new("target/mutants/session-core-3-of-8"));
        assert_eq!(folder(AIMS[0], None), Path::new("target/mutants/session-core"));
        let command = command(AIMS[0], shard, Path::new("out"));
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(words[1..5], ["--package", "session-core", "--output", "out"]);
        assert_eq!(words[5..], ["--sharding", "round-robin", "--shard", "3/8"]);
    }

    #[test]
    fn the_counts_are_read_from_the_end_of_the_tools_list() {
        let text = r#"{"outcomes": [], "caught": 5, "missed": 2, "timeout": 1, "unviable": 3, "success": 0}"#;
        let counts = Counts::read(text).unwrap();
        assert_eq!(
            counts.to_string(),
            "6 of 8 viable mutants caught (75.0 %), 1 of them by hanging; 2 missed, 3 unviable"
        );
        assert_eq!(Counts::read("{}"), None);
        assert_eq!(Counts::read(""), None);
    }

    #[test]
    fn an_aim_is_reached_to_the_very_mutant() {
        let aim = Aim { package: "one", percent: 95, needs: Needs::Nothing };
        assert!(counts(95, 5).reach(aim) && counts(0, 0).reach(aim));
        assert!(!counts(949, 51).reach(aim));
        assert!(counts(9499, 501).to_string().contains("(94.9 %)"));
        assert!(counts(0, 0).to_string().contains("(0.0 %)"));
    }
}
