# The page, for any host and for Docker Spaces (uid 1000, port 7860).
#   docker build -t cer .                               embedded profile, no torch
#   docker build -t cer --build-arg DEVICE=cuda .       the paper's backbones too, with torch's CUDA build
#   docker run -p 7860:7860 -v cer-models:/home/user/models cer
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
ARG DEVICE=cpu
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY requirements.txt requirements-paper.txt /tmp/
RUN python -m venv /opt/venv \
    && if [ "$DEVICE" = cuda ]; then list=requirements-paper.txt; else list=requirements.txt; fi \
    && /opt/venv/bin/pip install --no-cache-dir -r "/tmp/$list"

FROM python:${PYTHON}-slim
ARG DEVICE=cpu
RUN useradd --create-home --uid 1000 user && install -d -o user /home/user/models /home/user/app
COPY --from=build /opt/venv /opt/venv
USER 1000
WORKDIR /home/user/app
ENV PATH=/opt/venv/bin:$PATH \
    HF_HOME=/home/user/models \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    CER_PROFILE=embedded
COPY --chown=user LICENSE README.md app.py ./
COPY --chown=user LICENSES LICENSES
COPY --chown=user cer cer
COPY --chown=user eval eval
COPY --chown=user examples/*.mp4 examples/
# What the Hub offers is cached here, in a volume; the embedded weights are part of the image.
VOLUME /home/user/models
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/', timeout=4)"]
CMD ["python", "app.py"]
