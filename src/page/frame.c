/* SPDX-License-Identifier: Apache-2.0
 * What stands around each page, its assets and the addresses of pages.
 */
#include "page-assets.h"
#include "page/parts.h"

#define ASSETS "/firstbad/web/"

GBytes *page_asset(const char *name)
{
    g_autofree char *path = g_strconcat(ASSETS, name, NULL);

    return g_resource_lookup_data(page_assets_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE,
                                  NULL);
}

char *page_asset_path(const char *name)
{
    g_autoptr(GBytes) asset = page_asset(name);
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, asset);

    return g_strdup_printf("/assets/%.16s/%s", sum, name);
}

static void add_assets(Html *html)
{
    g_autofree char *style = page_asset_path("style.css"), *script = page_asset_path("app.js"),
                    *icon = page_asset_path("icon.svg");

    html_open(html, "link", "rel", "stylesheet", "href", style, NULL);
    html_open(html, "link", "rel", "icon", "href", icon, NULL);
    html_leaf(html, "script", NULL, "src", script, "defer", "", NULL);
}

/* "'sha256-...'": what a policy calls the inline @asset. Owned by the caller. */
static char *source_of(GBytes *asset)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *base64 = NULL;
    guint8 digest[32];
    gsize n_digest = sizeof digest, n_bytes;
    const guint8 *bytes = g_bytes_get_data(asset, &n_bytes);

    g_checksum_update(sum, bytes, (gssize)n_bytes);
    g_checksum_get_digest(sum, digest, &n_digest);
    base64 = g_base64_encode(digest, n_digest);
    return g_strdup_printf("'sha256-%s'", base64);
}

/* What a page that is a file has of all that: its style sheet, and a policy by which nothing runs
 * but our script (frame_add_script()), and nothing is loaded from anywhere. */
static void add_inlined(Html *html)
{
    g_autoptr(GBytes) style = page_asset("style.css"), script = page_asset("app.js");
    g_autofree char *style_source = source_of(style), *script_source = source_of(script);
    g_autofree char *policy =
        g_strdup_printf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; "
                        "form-action 'none'",
                        style_source, script_source);

    html_open(html, "meta", "http-equiv", "Content-Security-Policy", "content", policy, NULL);
    html_asset(html, "style", style);
}

void frame_add_script(Html *html)
{
    g_autoptr(GBytes) script = page_asset("app.js");

    html_asset(html, "script", script);
}

static void add_navigation(Html *html, const PagePlace *place)
{
    html_open(html, "header", "class", "top", NULL);
    html_open(html, "nav", "aria-label", "Pages", NULL);
    html_leaf(html, "a", "firstbad", "class", "home", "href", "/", NULL);
    html_leaf(html, "a", "Jobs", "href", "/", NULL);
    html_leaf(html, "a", "New job", "href", "/submit", NULL);
    html_leaf(html, "a", place->may_write ? "Log out" : "Log in", "href", "/login", NULL);
    html_close(html);
    html_close(html);
}

Html *frame_new(const PagePlace *place, const char *name, const char *title)
{
    Html *html = html_new();
    g_autofree char *class_name = g_strconcat("page-", name, NULL);

    html_open(html, "html", "lang", "en", NULL);
    html_open(html, "head", NULL);
    html_open(html, "meta", "charset", "utf-8", NULL);
    if (place->is_file) {
        add_inlined(html);
    }
    html_open(html, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
              NULL);
    html_open(html, "meta", "name", "color-scheme", "content", "light dark", NULL);
    html_open(html, "title", NULL);
    html_cut(html, title, 120);
    html_text(html, " - firstbad");
    html_close(html);
    if (!place->is_file) {
        add_assets(html);
    }
    html_close(html);
    html_open(html, "body", "class", class_name, NULL);
    html_leaf(html, "a", "To the text", "class", "skip", "href", "#main", NULL);
    if (!place->is_file) {
        add_navigation(html, place);
    }
    return html;
}

void frame_open_main(Html *html)
{
    html_open(html, "main", "id", "main", NULL);
}

GBytes *frame_finish(Html *html)
{
    html_close(html); /* main */
    html_leaf(html, "footer", "firstbad finds the commit that made a kernel crash", "class",
              "bottom", NULL);
    html_close(html); /* body */
    html_close(html); /* html */
    return html_finish(html);
}

/* --- Addresses ------------------------------------------------------------------------------- */

char *path_of_job(gint64 job, const char *below)
{
    return g_strdup_printf("/jobs/%" G_GINT64_FORMAT "%s", job, below);
}

char *path_of_revision(gint64 job, const char *commit, const char *below)
{
    g_autofree char *escaped = g_uri_escape_string(commit, NULL, FALSE);

    return g_strdup_printf("/jobs/%" G_GINT64_FORMAT "/revisions/%s%s", job, escaped, below);
}

char *place_of_revision(const char *commit)
{
    g_autofree char *escaped = g_uri_escape_string(commit, NULL, FALSE);

    return g_strconcat("r-", escaped, NULL);
}

char *path_of_trial(gint64 job, gint64 trial)
{
    return g_strdup_printf("/jobs/%" G_GINT64_FORMAT "/trials/%" G_GINT64_FORMAT, job, trial);
}
