//! The dashboard: plain files in the binary.

/// A file of the page.
pub(super) struct Asset {
    path: &'static str,
    pub(super) content_type: &'static str,
    pub(super) content: &'static str,
}

static ASSETS: [Asset; 6] = [
    Asset { path: "/", content_type: "text/html; charset=utf-8", content: include_str!("page/index.html") },
    Asset {
        path: "/dashboard.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("page/dashboard.css"),
    },
    Asset {
        path: "/dashboard.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("page/dashboard.js"),
    },
    Asset { path: "/views.css", content_type: "text/css; charset=utf-8", content: include_str!("page/views.css") },
    Asset { path: "/views.js", content_type: "text/javascript; charset=utf-8", content: include_str!("page/views.js") },
    Asset { path: "/wire.js", content_type: "text/javascript; charset=utf-8", content: include_str!("page/wire.js") },
];

/// The file at `path`.
pub(super) fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}
