//! Merging one item: its id, its entities, and its fields.

use serde_json::Value;

use super::DocumentMerger;
use super::three_way::Sides;
use crate::document::align::StoredItem;
use crate::document::ids::is_item_id_of;
use crate::document::json::text;
use crate::document::problem::WarningCode;
use crate::document::proposal::IdTrust;
use crate::document::resolve::given_ids::is_unrelated_name;
use crate::document::resolve::list_entities::ListEntities;
use crate::document::resolve::resolver::{ItemContext, ResolvedEntity};
use crate::document::schema::definition::{EntityReference, Item, Object};
use crate::document::schema::entities::EntityKind;
use crate::document::text::quoted;

/// A list of items in a document.
pub(super) struct ItemList {
    pub(super) item: &'static Item,
    /// The name of the field.
    pub(super) name: &'static str,
    /// Its name in labels.
    pub(super) label: &'static str,
    /// JSON Pointer to the list.
    pub(super) path: String,
}

/// Merges the items of one list.
pub(super) struct ItemMerger<'m, 'a> {
    pub(super) document: &'m mut DocumentMerger<'a>,
    pub(super) list: &'m ItemList,
}

impl ItemMerger<'_, '_> {
    /// Merges an arriving item into the stored one that it is aligned with, if there is one.
    pub(super) fn merge(
        &mut self,
        aligned: StoredItem<'_>,
        mut sent: Object,
        path: &str,
        entities: &mut ListEntities<'_>,
    ) -> Object {
        let (list, proposal) = (self.list, self.document.proposal);
        let (item, stored) = (list.item, aligned.current);
        let none = Object::new();
        let sides = Sides {
            current: stored.unwrap_or(&none),
            base: aligned.base,
            of: Some((item, list.label)),
        };
        // An id cannot be removed.
        if sent.get(item.id).is_some_and(Value::is_null) {
            sent.remove(item.id);
        }
        let came_with_id = text(&sent, item.id).is_some();
        self.set_id(stored, &mut sent, path);
        let context = ItemContext { item, path, came_with_id };
        let mut unset = Vec::new();
        let mut settled: Option<Object> = None;
        for entity in item.entities {
            if self.document.settle_identity(entity, &sides, &mut sent, path) {
                // The conflict is settled: the name and the id are not compared again.
                let base = settled.get_or_insert_with(|| aligned.base.cloned().unwrap_or_default());
                for key in [entity.name, entity.id] {
                    base.insert(
                        key.to_owned(),
                        sides.current.get(key).cloned().unwrap_or(Value::Null),
                    );
                }
            }
            let resolver = &mut self.document.resolver;
            match resolver.resolve_aligned(entity, stored, &mut sent, &context, entities) {
                ResolvedEntity::Id(id) => {
                    if let Some(stored) = stored.filter(|_| came_with_id) {
                        self.warn_of_another_person(entity, stored, &sent, &id, path);
                    }
                    sent.insert(entity.id.to_owned(), Value::String(id));
                }
                ResolvedEntity::AsStored => {}
                ResolvedEntity::Unknown => unset.push(entity.id),
            }
        }
        if stored.is_none() && proposal.arriving.bare.contains(path) {
            self.add_bare_defaults(&mut sent, path);
        }
        if let Some(stored) = stored {
            let implied = &proposal.arriving.implied;
            sent.retain(|key, _| {
                !stored.contains_key(key)
                    || implied.is_empty()
                    || !implied.contains(&format!("{path}/{key}"))
            });
        }
        let sides = Sides { base: settled.as_ref().or(aligned.base), ..sides };
        let mut merged = self.document.object(item.fields, &sides, &sent, path);
        for id in unset {
            merged.remove(id);
        }
        self.document.require_of_item(item, &merged, path);
        merged
    }

    /// Warns of the id of a stored credit beside an unrelated name: the document may not mean to
    /// give the credit to another person.
    fn warn_of_another_person(
        &mut self,
        entity: &EntityReference,
        stored: &Object,
        sent: &Object,
        id: &str,
        path: &str,
    ) {
        let item = self.list.item;
        let is_checked = self.document.proposal.id_trust != IdTrust::Trusted
            && entity.creates
            && entity.kind == EntityKind::Person;
        let (Some(known), Some(name)) = (text(stored, entity.name), text(sent, entity.name)) else {
            return;
        };
        if !is_checked || text(stored, entity.id) == Some(id) || !is_unrelated_name(known, name) {
            return;
        }
        let message = format!(
            "the item with the {} {} was that of {}, and is that of {} now. If one more was meant, \
             leave the {} out",
            item.id,
            quoted(text(stored, item.id).unwrap_or_default()),
            quoted(known),
            quoted(name),
            item.id
        );
        self.document.diagnostics.warn(
            format!("{path}/{}", entity.name),
            WarningCode::NameOfAnother,
            message,
        );
    }

    /// Gives a new item an id, and an aligned one the stored id.
    fn set_id(&mut self, stored: Option<&Object>, sent: &mut Object, path: &str) {
        let (item, proposal) = (self.list.item, self.document.proposal);
        let (movie, category) = (proposal.movie, proposal.definition.category);
        let given = text(sent, item.id).map(str::to_owned);
        let own = stored.and_then(|object| text(object, item.id)).map(str::to_owned);
        let id = match (own, &given) {
            (Some(own), _) => own,
            (None, Some(given))
                if is_item_id_of(given, movie, category)
                    && !self.document.taken.contains(given) =>
            {
                given.clone()
            }
            (None, _) => self.document.new_ids.item(movie, category),
        };
        if let Some(given) = given.filter(|given| *given != id) {
            let outcome = if stored.is_some() {
                "was recognised by its key"
            } else {
                "was added with an id of its own"
            };
            let message = format!("{given:?} is not the id of this item; it {outcome}");
            self.document.diagnostics.warn(
                format!("{path}/{}", item.id),
                WarningCode::UnknownId,
                message,
            );
            // A repetition of the item does not get the id either: the next import would align it
            // with that one.
            self.document.taken.insert(given);
        }
        self.document.taken.insert(id.clone());
        sent.insert(item.id.to_owned(), Value::String(id));
    }

    /// Adds the default values of an item that came as bare text.
    fn add_bare_defaults(&mut self, sent: &mut Object, path: &str) {
        for (field, value) in self.list.item.bare_defaults {
            if !sent.contains_key(*field) {
                let message = format!("bare text does not say its {field}; {value:?} was taken");
                self.document.diagnostics.warn(
                    format!("{path}/{field}"),
                    WarningCode::ValueRepaired,
                    message,
                );
                sent.insert((*field).to_owned(), Value::String((*value).to_owned()));
            }
        }
    }
}
