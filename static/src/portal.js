// Starts the GOV.UK components and this site's own small enhancements. Every page works without.
import { initAll } from "./govuk/govuk-frontend.min.js";

initAll();
