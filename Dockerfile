# Lentigo's app in one container; docs/deploy.md has the commands.
# 3.11 is the Python that the tests run with; Debian 12 is named, so that a rebuild brings its
# security updates and never another Debian.
FROM python:3.11-slim-bookworm

LABEL org.opencontainers.image.title="Lentigo" \
      org.opencontainers.image.description="A browser app that lets you question a skin-lesion CNN" \
      org.opencontainers.image.licenses="MIT"

# A Space of Hugging Face runs a container as user 1000, whatever stands here.
RUN useradd --uid 1000 --no-create-home lentigo

WORKDIR /app
COPY requirements.txt ./
# Wheels only, so no compiler is needed and one stage is enough. Of the system they need libc, libgcc,
# libstdc++ and libz, which every Debian has. Of their 2.8 GB, TensorFlow's C++ headers are 0.4 GB and
# serve only those who compile against it.
RUN pip install --no-cache-dir --only-binary=:all: -r requirements.txt \
    && rm -rf "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow/include"

COPY .streamlit ./.streamlit
COPY app.py LICENSE ./
COPY model ./model
COPY pages ./pages
COPY assets ./assets
# The file system may be read-only, so Python can't keep what it compiles.
RUN python -m compileall -q app.py model pages

# /tmp is all that libraries may write to: --read-only --tmpfs /tmp.
ENV HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 1000
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as web; web.build_opener(web.ProxyHandler({})).open('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
# Inside the container only; what is published outside is chosen when it is started.
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true", "--logger.hideWelcomeMessage", "true"]
