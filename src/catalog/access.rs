//! Roles and permissions. A permission is a value that only a sufficient role can obtain.

use super::import::options::ImportOptions;
use crate::document::schema::choice::define_choice;
use crate::document::{Source, Stage};

define_choice! {
    /// The role of an account. Each role may do everything that the roles before it may do.
    pub enum Role {
        /// Has an account on the platform, but no permissions in this service.
        User = "USER",
        /// May read and export.
        Viewer = "VIEWER",
        /// May also plan imports and import to drafts.
        Contributor = "CONTRIBUTOR",
        /// May also change what is published.
        Admin = "ADMIN",
    }
}

/// The account that makes a request, from a verified token.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The token's `sub`.
    pub subject: String,
    pub email: String,
    pub role: Role,
    /// The source of all changes made with this token, if the token sets one.
    pub source: Option<Source>,
}

/// The role does not allow the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden {
    pub role: Role,
    pub needed: Role,
}

/// Permission to read movies, export, and download bundles.
#[derive(Debug, Clone, Copy)]
pub struct CanRead(());

/// Permission to change what is published, and to create and delete.
#[derive(Debug, Clone)]
pub struct CanPublish {
    /// The author of the change.
    pub author: Author,
}

/// Permission to plan imports, to import to drafts, and to read drafts and history.
#[derive(Debug, Clone)]
pub struct CanDraft {
    /// The author of the contribution.
    pub author: Author,
}

/// Permission to import with certain options.
#[derive(Debug, Clone)]
pub struct CanImport {
    /// The author of the change.
    pub author: Author,
    pub(super) options: ImportOptions,
}

/// The author of a change.
#[derive(Debug, Clone)]
pub struct Author {
    /// The account id: the `sub` claim of its tokens.
    pub account: String,
    /// Shown as `updated_by`.
    pub name: String,
    /// The source of all changes by this author, if the token sets one.
    pub source: Option<Source>,
}

impl Principal {
    fn require(&self, needed: Role) -> Result<(), Forbidden> {
        if self.role as u8 >= needed as u8 {
            Ok(())
        } else {
            Err(Forbidden { role: self.role, needed })
        }
    }

    /// Permission to read.
    ///
    /// # Errors
    /// When the role is below VIEWER.
    pub fn can_read(&self) -> Result<CanRead, Forbidden> {
        self.require(Role::Viewer).map(|()| CanRead(()))
    }

    /// Permission to plan and to draft.
    ///
    /// # Errors
    /// When the role is below CONTRIBUTOR.
    pub fn can_draft(&self) -> Result<CanDraft, Forbidden> {
        self.require(Role::Contributor)?;
        Ok(CanDraft { author: self.author() })
    }

    /// Permission to publish.
    ///
    /// # Errors
    /// When the role is below ADMIN.
    pub fn can_publish(&self) -> Result<CanPublish, Forbidden> {
        self.require(Role::Admin)?;
        Ok(CanPublish { author: self.author() })
    }

    /// Permission to import with these options. Planning and drafting need CONTRIBUTOR; publishing
    /// and creating a movie need ADMIN.
    ///
    /// # Errors
    /// When the role is below the one that the options need.
    pub fn can_import(&self, options: ImportOptions) -> Result<CanImport, Forbidden> {
        let changes_published = options.target == Stage::Published || options.create_movie;
        let needed =
            if changes_published && !options.dry_run { Role::Admin } else { Role::Contributor };
        self.require(needed)?;
        Ok(CanImport { author: self.author(), options })
    }

    fn author(&self) -> Author {
        Author { account: self.subject.clone(), name: self.email.clone(), source: self.source }
    }
}

impl CanPublish {
    /// The permission to publish includes the permission to draft.
    #[must_use]
    pub fn can_draft(&self) -> CanDraft {
        CanDraft { author: self.author.clone() }
    }
}

impl CanDraft {
    /// The permission to draft includes the permission to read.
    #[must_use]
    pub const fn can_read(&self) -> CanRead {
        CanRead(())
    }
}

/// The permissions of the command line: all, because its user has direct access to the database.
#[must_use]
pub fn command_line() -> (CanRead, CanPublish) {
    let author = Author {
        account: "command line".to_owned(),
        name: "command line".to_owned(),
        source: None,
    };
    (CanRead(()), CanPublish { author })
}
