#!/bin/sh
# The embedded mode in a container. The models' volume is filled with the demo model while it is empty; another
# release is served by putting its model folders and its lock, release.toml, there.
set -eu
if [ ! -f /models/release.toml ]; then
    cp -r /opt/holdfast/demo-model/. /models/
fi
exec python -m services.cli up \
    --engine-python /opt/holdfast/engine/bin/python \
    --lock /models/release.toml --models /models "$@"
