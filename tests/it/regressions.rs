//! Bugs that were found, each with the document that showed it.

use serde_json::json;

use crate::on_both_databases;
use crate::support::envelope;

on_both_databases! {
    async fn a_ceremony_of_an_unknown_id_is_the_one_of_that_name(app: TestApp) {
        let admin = app.full_movie("m-1").await;
        let stored = admin.export("m-1", "awards").await;
        let own = &stored["data"]["awards"][0]["ceremony_id"];
        let mut sent = stored.clone();
        for award in sent["data"]["awards"].as_array_mut().unwrap() {
            award["ceremony_id"] = json!("ceremony-of-another-server");
        }
        let reply = admin.import_envelope("m-1", "awards", "", &sent).await;
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("unchanged")), "{}", reply.text);

        let new = json!({ "awards": [{ "ceremony": "harbour film awards", "ceremony_id": "another-one", "year": 2001,
            "category": "Best Tide", "result": "winner" }] });
        let reply = admin.import("m-1", "awards", new).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(&admin.export("m-1", "awards").await["data"]["awards"][2]["ceremony_id"], own);
    }

    async fn a_price_with_a_sign_leaves_a_stored_currency_alone(app: TestApp) {
        let admin = app.movie("m-1").await;
        let option = |price: &str| json!({ "streaming_options": [{ "platform": "Kiosk", "type": "rent", "price": price }] });
        admin.import("m-1", "streaming", json!({ "streaming_options": [
            { "platform": "Kiosk", "type": "rent", "price": "4.99", "currency": "CAD" }] })).await;
        let reply = admin.import("m-1", "streaming", option("$5.99")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let stored = &admin.export("m-1", "streaming").await["data"]["streaming_options"][0];
        assert_eq!((&stored["price"], &stored["currency"]), (&json!("5.99"), &json!("CAD")));
    }

    async fn null_unlinks_a_nominee_where_it_clears(app: TestApp) {
        let admin = app.full_movie("m-1").await;
        let award = admin.export("m-1", "awards").await["data"]["awards"][1].clone();
        for (change, nulls, name, id) in [
            (json!({ "nominee_id": null }), "keep", json!("Ada Quist"), json!("tmdb-person-1")),
            (json!({ "nominee_id": null }), "clear", json!("Ada Quist"), json!(null)),
            (json!({ "nominee_id": "tmdb-person-1" }), "keep", json!("Ada Quist"), json!("tmdb-person-1")),
            (json!({ "nominee": null }), "clear", json!(null), json!(null)),
        ] {
            let mut sent = change.clone();
            sent["id"] = award["id"].clone();
            let envelope = envelope("m-1", "awards", json!({ "awards": [sent] }));
            let reply = admin.import_envelope("m-1", "awards", &format!("?nulls={nulls}"), &envelope).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let stored = &admin.export("m-1", "awards").await["data"]["awards"][1];
            assert_eq!((&stored["nominee"], &stored["nominee_id"]), (&name, &id), "{change} {nulls}");
        }
    }

    async fn the_longest_names_fit_the_indexes(app: TestApp) {
        let admin = app.movie("m-1").await;
        let long = "\u{FDFA}".repeat(500);
        let reply = admin.import("m-1", "cast_crew", json!({ "cast": [{ "name": long, "character": long }] })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let title = "\u{FDFA}".repeat(300);
        let reply = admin.import("m-1", "basic_info", json!({ "title": title })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let again = admin.import("m-1", "cast_crew", json!({ "cast": [{ "name": long, "character": long }] })).await;
        assert_eq!(again.json()["status"], "unchanged");
    }
}
