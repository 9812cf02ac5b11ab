# Wattstar's image: every service of docker-compose.yml but postgres runs it.
FROM python:3.11-slim

ENV PATH=/opt/venv/bin:$PATH \
    UV_PYTHON_DOWNLOADS=never \
    PYTHONUNBUFFERED=1

# Exact versions, checked by hash, the same as `make setup`; before the code, so that a change of
# code does not install them anew.
COPY requirements.lock /tmp/
RUN python -m venv /opt/venv \
    && pip install --quiet --no-cache-dir --disable-pip-version-check uv==0.13.8 \
    && VIRTUAL_ENV=/opt/venv uv pip sync --quiet --no-cache --require-hashes --compile-bytecode \
        /tmp/requirements.lock

# The code belongs to root: what runs can read it and not change it.
WORKDIR /opt/wattstar
COPY . .
RUN VIRTUAL_ENV=/opt/venv uv pip install --quiet --no-cache --no-deps --no-build-isolation --editable . \
    && python -m compileall -q extract

# A named volume takes over these folders and their owner when it is first used.
RUN useradd --uid 10001 --create-home wattstar \
    && install --directory --owner=wattstar --group=wattstar --mode=0750 \
        /var/lib/wattstar /var/lib/wattstar/docs /var/lib/airflow
USER wattstar
