//! Tokens as they arrive: one look answers whose it is, whatever kind of token it is.

use super::{Holder, Link, LinkId, Machine, People, Standing};
use crate::secret::Digest;

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// The key of a machine.
    Machine(Machine),
    /// The token of a link.
    Link {
        /// Which one.
        id: LinkId,
        /// Whose.
        holder: Holder,
        /// What it is worth.
        standing: Standing,
    },
}

impl People {
    /// Whose token this is. None: nobody ever had it, or it is the key of a machine that was revoked.
    pub async fn bearer(&self, token: &str, now_us: i64) -> Option<Bearer> {
        let digest = Digest::of(token);
        self.known(|directory| {
            let link = directory.tables.link_of(&digest).map(|link| Bearer::Link {
                id: link.id,
                holder: link.holder.clone(),
                standing: link.standing(now_us),
            });
            link.or_else(|| directory.tables.machine(&digest).cloned().map(Bearer::Machine))
        })
        .await
    }

    /// Whether a machine's key still opens, by its digest.
    pub fn has_key(&self, digest: &Digest) -> bool {
        self.read().tables.machine(digest).is_some()
    }

    /// The link with this id.
    pub fn link_by_id(&self, id: LinkId) -> Option<Link> {
        self.read().tables.link_by_id(id).cloned()
    }
}
