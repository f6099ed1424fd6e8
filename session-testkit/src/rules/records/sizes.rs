//! Values that are as large as the store declares, and larger ones.

use session_core::Owner;
use session_core::store::{Created, Loaded, Record, StoreKey, Written};

use crate::stage::Stage;
use crate::stage::step::{Failure, Played};
use crate::violation::Violation;

/// The rules try no value that is larger than this and one byte, whatever the store declares.
const MOST: usize = 4 << 20;

/// The values of a record that have a size.
#[derive(Clone, Copy)]
enum Value {
    Payload,
    Owner,
    Label,
}

impl Value {
    fn declared(self, stage: &Stage) -> usize {
        let limits = stage.one.store.size_limits();
        match self {
            Self::Payload => limits.payload,
            Self::Owner => limits.owner,
            Self::Label => limits.label,
        }
    }

    /// Makes a record whose value has this many bytes.
    fn of_size(self, stage: &Stage, size: usize) -> Record {
        match self {
            Self::Payload => {
                let pattern: Vec<u8> = (0..=250).collect();
                let mut payload = pattern.repeat(size / pattern.len() + 1);
                payload.truncate(size);
                Record { payload: payload.into(), ..stage.record() }
            }
            Self::Owner => Record { owner: Some(Owner::from(text(size))), ..stage.record() },
            Self::Label => Record { label: Some(text(size).into()), ..stage.owned("ada") },
        }
    }
}

/// A text of this many bytes, most of whose letters take two.
fn text(size: usize) -> String {
    let odd = if size % 2 == 1 { "a" } else { "" };
    format!("{odd}{}", "ä".repeat(size / 2))
}

async fn comes_back_whole(stage: &Stage, value: Value) -> Played {
    let size = value.declared(stage).min(MOST);
    let large = || value.of_size(stage, size);
    let [a, b, c, d] = stage.keys();
    let (created, updated, renamed) = (large(), large(), large());
    stage.keep(&a, &created).await?;
    stage.one.load(&a).await.is(Loaded::Found(created))?;
    let (first, other) = (stage.kept(&b).await?, stage.kept(&c).await?);
    stage.updated(&b, &updated, &first).await?;
    stage.one.load(&b).await.is(Loaded::Found(updated))?;
    stage.renamed((&c, &d), &renamed, &other).await?;
    stage.one.load(&d).await.is(Loaded::Found(renamed))
}

pub(super) async fn a_payload_of_the_declared_size_comes_back_whole(stage: &Stage) -> Played {
    comes_back_whole(stage, Value::Payload).await
}

pub(super) async fn an_owner_of_the_declared_size_comes_back_whole(stage: &Stage) -> Played {
    comes_back_whole(stage, Value::Owner).await
}

pub(super) async fn a_label_of_the_declared_size_comes_back_whole(stage: &Stage) -> Played {
    comes_back_whole(stage, Value::Label).await
}

pub(super) async fn a_larger_value_is_kept_whole_or_refused(stage: &Stage) -> Played {
    for value in [Value::Payload, Value::Owner, Value::Label] {
        let declared = value.declared(stage);
        let beyond = Beyond { stage, value, size: declared.min(MOST) + 1, is_declared: declared > MOST };
        beyond.create().await?;
        beyond.update().await?;
        beyond.rename().await?;
    }
    Ok(())
}

/// Calls with a value that is one byte larger than the store declares, or than [`MOST`].
struct Beyond<'s> {
    stage: &'s Stage,
    value: Value,
    size: usize,
    /// Whether the store declares that it holds this size, too.
    is_declared: bool,
}

impl Beyond<'_> {
    async fn create(&self) -> Played {
        let (key, large) = (self.stage.key(), self.large());
        let outcome = self.stage.one.create(&key, &large).await.outcome();
        let is_done = self.is_done(outcome, &Created::Done)?;
        self.stage.one.load(&key).await.is(if is_done { Loaded::Found(large) } else { Loaded::Absent })
    }

    async fn update(&self) -> Played {
        let (key, large) = (self.stage.key(), self.large());
        let first = self.stage.kept_for(&key, "grace").await?;
        let outcome = self.stage.one.update(&key, &large, first.version).await.outcome();
        let is_done = self.is_done(outcome, &Written::Done)?;
        self.stage.one.load(&key).await.is(Loaded::Found(if is_done { large } else { first.clone() }))?;
        if !is_done {
            self.is_listed(&key).await?;
        }
        self.stage.one.delete(&key).await.is(())
    }

    async fn rename(&self) -> Played {
        let ([old, new], large) = (self.stage.keys(), self.large());
        let first = self.stage.kept_for(&old, "grace").await?;
        let owner = large.owner.clone();
        let outcome = self.stage.one.rename(&old, &new, &large, first.version).await.outcome();
        if self.is_done(outcome, &Written::Done)? {
            self.stage.one.load(&new).await.is(Loaded::Found(large))?;
            return self.stage.one.load(&old).await.is(Loaded::Moved { owner });
        }
        self.stage.one.load(&old).await.is(Loaded::Found(first.clone()))?;
        self.stage.one.load(&new).await.is(Loaded::Absent)?;
        self.is_listed(&old).await?;
        self.stage.one.delete(&old).await.is(())
    }

    /// Expects the session to be the only one on its owner's list, if the store has lists.
    async fn is_listed(&self, key: &StoreKey) -> Played {
        if self.stage.one.store.owner_index().is_none() {
            return Ok(());
        }
        let listed = self.stage.one.list(&"grace".into()).await.value()?;
        let keys: Vec<StoreKey> = listed.iter().map(|session| session.key).collect();
        self.stage.holds(keys == [*key], "the session listed as before", "another list")
    }

    fn large(&self) -> Record {
        self.value.of_size(self.stage, self.size)
    }

    /// Returns whether the call was done. It may fail only if the store does not declare this size.
    fn is_done<T: PartialEq>(&self, outcome: Result<T, Failure>, done: &T) -> Result<bool, Violation> {
        let expected = if self.is_declared { "Done" } else { "Done, or an error" };
        match outcome {
            Ok(answer) if answer == *done => Ok(true),
            Err(Failure::Error(_)) if !self.is_declared => Ok(false),
            Ok(_) => Err(self.stage.violation(expected, "another answer")),
            Err(failure) => Err(self.stage.violation(expected, failure.text())),
        }
    }
}
