# The suite for teams without Python.
#
#   docker build --tag conformance .
#   docker run --rm --network host --user "$(id -u)" --volume "$PWD:/work" conformance server --base-url URL --out report
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY conformance conformance
COPY schemas schemas
COPY cassettes cassettes
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl
RUN useradd --create-home conformance
USER conformance
WORKDIR /work
ENTRYPOINT ["conformance"]
