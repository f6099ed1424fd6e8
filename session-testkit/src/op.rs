//! The calls of a store, by name.

/// One of the calls that a store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Op {
    /// [`SessionStore::load`](session_core::SessionStore::load)
    Load,
    /// [`SessionStore::create`](session_core::SessionStore::create)
    Create,
    /// [`SessionStore::update`](session_core::SessionStore::update)
    Update,
    /// [`SessionStore::rename`](session_core::SessionStore::rename)
    Rename,
    /// [`SessionStore::touch`](session_core::SessionStore::touch)
    Touch,
    /// [`SessionStore::delete`](session_core::SessionStore::delete)
    Delete,
    /// [`OwnerIndex::list`](session_core::OwnerIndex::list)
    List,
    /// [`OwnerIndex::revoke`](session_core::OwnerIndex::revoke)
    Revoke,
    /// [`PurgeExpired::purge`](session_core::PurgeExpired::purge)
    Purge,
}
