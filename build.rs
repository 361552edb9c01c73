//! A build for use embeds the web pages, which `make studio` builds before; this check fails with
//! the name of that command if they are missing. A debug build does without them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    for page in ["web/studio/dist/index.html", "web/graphiql/dist/index.html"] {
        println!("cargo::rerun-if-changed={page}");
        if !std::path::Path::new(page).exists() {
            println!("cargo::error={page} is missing; build the web pages first: make studio");
        }
    }
}
