//! What the browser's clients load: the pages, the published packages that they stand on, the list.

use axum::Router;
use tower_http::services::{ServeDir, ServeFile};

use crate::setting::Setting;

/// `/pages`, `/node_modules`, `/events.json`.
pub(crate) fn router(setting: &Setting) -> Router {
    Router::new()
        .nest_service("/pages", ServeDir::new(setting.source("pages")))
        .nest_service("/node_modules", ServeDir::new(setting.source("node/node_modules")))
        .route_service("/events.json", ServeFile::new(setting.list_file()))
}
