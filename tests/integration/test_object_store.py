"""The lake in an object store behaves as the lake in a folder."""

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from extract.lake import raw
from extract.lake.files import Lake
from tests.feed import body, exchange, landed, later, location


@pytest.fixture
def lake(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    where = f"endpoint_override={host}:{port}&scheme=http&allow_bucket_creation=true"
    filesystem, _ = fs.FileSystem.from_uri(f"s3://lake?{where}")
    filesystem.create_dir("lake")
    yield Lake(f"s3://lake/wattstar?{where}")
    server.stop()


def test_polls_land_and_are_read_back_from_s3(lake, tmp_path):
    polls = [[exchange(body(location("1")), later(minutes))] for minutes in (0, 10)]
    in_s3 = landed(lake, *polls)
    assert in_s3 == landed(Lake(str(tmp_path)), *polls)
    ((_, files),) = raw.partitions(lake).items()
    assert len(files) == 2
    assert all(file.path.startswith("raw/source=chargecloud/") for file in files)
    lake.delete(files[0].path)
    lake.delete(files[0].path)
    assert [len(files) for files in raw.partitions(lake).values()] == [1]
