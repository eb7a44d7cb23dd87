# The portal's image: one image, five processes (public web, service web, worker, publisher, beat).
# Built without any secret; runs as nobody in particular, on a root file system that may be read-only.

FROM python:3.12-slim-trixie AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements/base.lock requirements/
RUN python -m venv /app/.venv && /app/.venv/bin/python -m pip install --require-hashes -r requirements/base.lock
COPY package.json package-lock.json .npmrc ./
COPY scripts/build_styles.py scripts/
RUN /app/.venv/bin/python scripts/build_styles.py && rm -rf node_modules
COPY manage.py pyproject.toml LICENSE ./
COPY portal portal
COPY search search
COPY templates templates
COPY locale locale
COPY static/src static/src
# The settings of production refuse to load without these; nothing is asked of them here.
RUN DJANGO_SETTINGS_MODULE=portal.settings.production SECRET_KEY=build PSEUDONYM_KEY=build \
    UPLOAD_ENCRYPTION_KEY=build BASE_URL=https://build.invalid ALLOWED_HOSTS=build.invalid \
    DATABASE_URL=postgresql://build@build.invalid/build REDIS_URL=redis://build.invalid \
    SUBMISSIONS_DATABASE_URL=postgresql://build@build.invalid/build STATIC_ROOT=/app/collected \
    /app/.venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /app/.venv/bin/python -m compileall -q portal search
COPY scripts/healthcheck.py scripts/make_buckets.py scripts/

FROM python:3.12-slim-trixie AS run
ARG PORTAL_COMMIT=""
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/app/.venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=portal.settings.production STATIC_ROOT=/app/collected LOG_FORMAT=json \
    PORTAL_DATA_DIR=/data PORTAL_COMMIT=$PORTAL_COMMIT PORT=8000
RUN groupadd --gid 10001 portal && useradd --uid 10001 --gid portal --no-create-home --shell /usr/sbin/nologin portal \
    && install -d -o portal -g portal /data
WORKDIR /app
COPY --from=build /app /app
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "scripts/healthcheck.py"]
# Workers and beat start with another command: see compose.yaml.
CMD ["gunicorn", "portal.wsgi:application", "--bind", "0.0.0.0:8000", "--config", "python:portal.gunicorn_conf", "--worker-tmp-dir", "/dev/shm"]
