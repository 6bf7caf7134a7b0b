// SPDX-License-Identifier: Apache-2.0
// The places of the pictures (src/page/README.md) with data of world.mjs, served under the policy
// of the real server: the script and the style sheet without a job.

import {readFileSync} from "node:fs";
import {createServer} from "node:http";

const assets = process.env.FIRSTBAD_WEB_ASSETS;
// clang-format off
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const escape = (text) => text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);
const row = ({ commit, subject }) => `<tr data-commit="${commit}"><th scope="row"><a href="/jobs/1/revisions/${commit}"><code class="id">${commit.slice(0, 12)}</code></a></th><td>${escape(subject)}</td></tr>`;

const figure = (name) => `<figure id="picture-${name}"><figcaption>The picture of ${name}</figcaption>
<div class="picture" data-picture="${name}"></div><details class="table"><summary>As a table</summary><p>none</p></details></figure>`;

const page = (pictures) => `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pictures</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/style.css"><script src="/app.js" defer></script></head>
<body class="page-job"><main id="main" data-job="1" data-pictures="/pictures.json"><h1>Pictures</h1>
<section id="pictures" aria-labelledby="heading"><h2 id="heading">Pictures</h2>${["belief", "graph", "trials", "cost"].map(figure).join("\n")}</section>
<section id="revisions"><h2>Revisions</h2><div class="wide" tabindex="0" role="region" aria-label="Revisions"><table id="revisions-table"><tbody>
${pictures.graph.nodes.map(row).join("\n")}</tbody></table></div></section></main></body></html>`;

// clang-format on
/** {url, set(pictures), close()}: what it serves at the moment. */
export async function serveFixture(pictures) {
    const files = {
        "/style.css": ["text/css", () => readFileSync(`${assets}/style.css`)],
        "/app.js": ["text/javascript", () => readFileSync(`${assets}/app.js`)],
        "/icon.svg": [
            "image/svg+xml", () => readFileSync(new URL("../../data/web/icon.svg", import.meta.url))
        ],
        "/pictures.json": ["application/json", () => JSON.stringify(pictures)],
        "/": ["text/html; charset=utf-8", () => page(pictures)],
    };
    const server = createServer((request, response) => {
        const [type, bytes] = files[request.url] || [null];

        if (type) {
            response.writeHead(200, {"Content-Type": type, "Content-Security-Policy": policy});
            response.end(bytes());
        } else {
            response.writeHead(404).end();
        }
    });

    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        set: (newer) => {
            pictures = newer;
        },
        close: () => server.close(),
    };
}
