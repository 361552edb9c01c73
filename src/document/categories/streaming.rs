//! The streaming category: offers of streaming platforms.

use async_graphql::ID;
use serde_json::Value;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::projection::{EntityLookup, OfferRow, Projection, text_of};
use crate::document::schema::choice::define_choice;
use crate::document::schema::definition::{
    EntityReference, Field, Item, KeyPart, Object, define, no_department,
};
use crate::document::schema::entities::EntityKind;
use crate::document::schema::rules::{
    boolean, choice, currency, decimal, id, items, name, region, url,
};
use crate::document::schema::scalars::WebUrl;

define! {
    /// The streaming platforms that offer a movie.
    pub struct Streaming, input StreamingInput {
        /// The offers, one for each combination of platform, region, type and quality.
        streaming_options: Vec<StreamingOption> = items(&OPTION, "Streaming")
            .aliases(&["streaming", "offers", "providers", "watch_providers", "results"]),
    }
}

define! {
    /// An offer of one platform in one region.
    pub struct StreamingOption, input StreamingOptionInput {
        /// The offer's own id: opaque, stable, and assigned by the server. In an import, send it
        /// for an existing offer and omit it for a new one.
        id: ID = id(),
        /// The platform's name as it was sent, for example Netflix.
        platform: String = name().aliases(&["provider", "provider_name", "service"]),
        /// The platform's id, for example tmdb-platform-8. Always set in a stored document. Omit it
        /// in an import to find the platform by name, or to create it if the name is new.
        platform_id: Option<ID> = id(),
        /// The country in which the offer is available, as an ISO 3166-1 alpha-2 code such as US.
        /// Null if unknown.
        region: Option<String> = region().aliases(&["country", "country_code"]),
        /// How viewers pay for the movie.
        offer_type["type", "type"]: OfferType = choice(OfferType::VALUES, OFFER_SYNONYMS)
            .required()
            .aliases(&["offer_type", "access", "monetization_type"]),
        /// The price as a decimal string such as 3.99, without the currency. Null if unknown, or if
        /// there is no price.
        price: Option<String> = decimal(),
        /// The currency of the price, as an ISO 4217 code such as USD. Null if unknown.
        currency: Option<String> = currency(),
        /// The best picture quality of the offer. Null if unknown.
        quality: Option<VideoQuality> = choice(VideoQuality::VALUES, QUALITY_SYNONYMS),
        /// The URL of the movie on the platform. Null if unknown.
        url: Option<WebUrl> = url().aliases(&["link"]),
        /// Whether the offer was verified to be available. Null if unknown.
        verified: Option<bool> = boolean(),
    }
}

const OFFER_SYNONYMS: &[(&str, &str)] = &[
    ("flatrate", "subscription"),
    ("subscribe", "subscription"),
    ("svod", "subscription"),
    ("subscription video on demand", "subscription"),
    ("included", "subscription"),
    ("avod", "ads"),
    ("free with ads", "ads"),
    ("with ads", "ads"),
    ("ad-supported", "ads"),
    ("ad supported", "ads"),
    ("rental", "rent"),
    ("renting", "rent"),
    ("digital rental", "rent"),
    ("leihen", "rent"),
    ("location", "rent"),
    ("alquiler", "rent"),
    ("digital purchase", "buy"),
    ("kauf", "buy"),
    ("kaufen", "buy"),
    ("achat", "buy"),
    ("compra", "buy"),
    ("abo", "subscription"),
    ("abonnement", "subscription"),
    ("suscripción", "subscription"),
    ("purchase", "buy"),
    ("est", "buy"),
];

const QUALITY_SYNONYMS: &[(&str, &str)] = &[
    ("UHD", "4K"),
    ("Ultra HD", "4K"),
    ("4K UHD", "4K"),
    ("4K Ultra HD", "4K"),
    ("UHD 4K", "4K"),
    ("4K HDR", "4K"),
    ("4K Dolby Vision", "4K"),
    ("2160p", "4K"),
    ("2160", "4K"),
    ("Full HD", "HD"),
    ("FHD", "HD"),
    ("High definition", "HD"),
    ("1080p", "HD"),
    ("1080", "HD"),
    ("720p", "HD"),
    ("720", "HD"),
    ("Standard definition", "SD"),
    ("480p", "SD"),
    ("480", "SD"),
];

define_choice! {
    /// How viewers pay for a movie on a platform.
    pub enum OfferType {
        /// Included in a subscription.
        Subscription = "subscription",
        /// Free of charge, without advertisements.
        Free = "free",
        /// Free of charge, with advertisements.
        Ads = "ads",
        /// Paid once, for a limited time.
        Rent = "rent",
        /// Paid once, for unlimited time.
        Buy = "buy",
    }
}

define_choice! {
    /// The picture quality of an offer.
    pub enum VideoQuality {
        /// Standard definition.
        Sd = "SD",
        /// High definition.
        Hd = "HD",
        /// Ultra high definition. In JSON files the value is 4K.
        Uhd = "4K",
    }
}

static OPTION: Item = Item {
    fields: StreamingOption::FIELDS,
    id: "id",
    keys: &[&[
        KeyPart::Entity(0),
        KeyPart::Field("region"),
        KeyPart::Field("type"),
        KeyPart::Field("quality"),
    ]],
    entities: &[EntityReference {
        kind: EntityKind::Platform,
        name: "platform",
        id: "platform_id",
        creates: true,
        department: no_department,
        traits: &["region"],
    }],
    entity_alone: false,
    spellings: None,
    bare_text: Some("platform"),
    bare_defaults: &[],
    label: &["platform", "region"],
    any_of: &[],
    groups: &["region", "type", "platform"],
    absence: None,
};

impl CategoryDocument for Streaming {
    const CATEGORY: Category = Category::Streaming;
    const FIELDS: &'static [Field] = Streaming::FIELDS;

    fn project(data: &Object, _: &dyn EntityLookup) -> Projection {
        let offers = data.get("streaming_options").and_then(Value::as_array).into_iter().flatten();
        let offers = offers.filter_map(Value::as_object).map(|offer| OfferRow {
            id: text_of(offer, "id").unwrap_or_default(),
            platform_id: text_of(offer, "platform_id").unwrap_or_default(),
            region: text_of(offer, "region"),
            offer_type: text_of(offer, "type").unwrap_or_default(),
            quality: text_of(offer, "quality"),
        });
        Projection { offers: offers.collect(), ..Projection::default() }
    }
}
