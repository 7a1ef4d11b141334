"""Dask under TLS: certificates come by Dask's own settings (`DASK_DISTRIBUTED__COMM__TLS__…`), and are asked for."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from pipeline.engines import EngineUnavailableError, make_engine

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
x509 = pytest.importorskip("cryptography.x509")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A self-signed certificate for this machine, and its key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return str(folder / "cert.pem"), str(folder / "key.pem")


def environment(cert: str, key: str) -> dict[str, str]:
    """What docs/operations.md names."""
    start = "DASK_DISTRIBUTED__COMM__TLS__"
    return {f"{start}CA_FILE": cert, f"{start}CLIENT__CERT": cert, f"{start}CLIENT__KEY": key}


def test_certificates_come_by_the_environment(certificate: tuple[str, str], tmp_path: Path) -> None:
    cert, key = certificate
    own = distributed.Security(
        tls_ca_file=cert, tls_scheduler_cert=cert, tls_scheduler_key=key, tls_worker_cert=cert, tls_worker_key=key,
        tls_client_cert=cert, tls_client_key=key, require_encryption=True,
    )  # fmt: skip
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, security=own, protocol="tls://", host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:  # fmt: skip
        assert cluster.scheduler_address.startswith("tls://")
        with dask.config.set(
            dask.config.merge(dask.config.config, dask.config.collect_env(env=environment(cert, key)))
        ):
            engine = make_engine("dask", address=cluster.scheduler_address)
            assert list(engine.map(abs, [-1, 2, -3])) == [1, 2, 3]
            engine.close()
        with pytest.raises(EngineUnavailableError, match="no Dask scheduler answers at tls://"):
            make_engine("dask", address=cluster.scheduler_address)
