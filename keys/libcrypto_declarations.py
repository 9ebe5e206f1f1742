"""What `keys.libcrypto` calls, as C declares it. `python -m keys.libcrypto_declarations` writes it as a module.

Reading C takes longer than most commands do, so it is done here once and not at every start.
"""

import io
from pathlib import Path
from typing import Final

from cffi import FFI  # type: ignore[import-untyped]

_MODULE: Final = "keys.libcrypto_interface"

_HEAD: Final = '''"""libcrypto as cffi reads it. Made by `python -m keys.libcrypto_declarations`: edit there."""
# mypy: ignore-errors
'''

_DECLARATIONS: Final = """
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct bignum_st BIGNUM;
typedef struct {
    const char *key;
    unsigned int data_type;
    void *data;
    size_t data_size;
    size_t return_size;
} OSSL_PARAM;
const char *OpenSSL_version(int type);
void ERR_clear_error(void);
void EVP_PKEY_free(EVP_PKEY *key);
EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(void *library, const char *name, const char *query);
EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_pkey(void *library, EVP_PKEY *key, const char *query);
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *context);
int EVP_PKEY_keygen_init(EVP_PKEY_CTX *context);
int EVP_PKEY_generate(EVP_PKEY_CTX *context, EVP_PKEY **key);
int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *context);
int EVP_PKEY_fromdata(EVP_PKEY_CTX *context, EVP_PKEY **key, int selection, OSSL_PARAM *parameters);
int EVP_PKEY_check(EVP_PKEY_CTX *context);
int EVP_PKEY_public_check(EVP_PKEY_CTX *context);
int EVP_PKEY_sign_init(EVP_PKEY_CTX *context);
int EVP_PKEY_sign(EVP_PKEY_CTX *context, unsigned char *signature, size_t *size,
                  const unsigned char *digest, size_t digest_size);
int EVP_PKEY_verify_init(EVP_PKEY_CTX *context);
int EVP_PKEY_verify(EVP_PKEY_CTX *context, const unsigned char *signature, size_t size,
                    const unsigned char *digest, size_t digest_size);
int EVP_PKEY_get_octet_string_param(const EVP_PKEY *key, const char *name,
                                    unsigned char *buffer, size_t size, size_t *written);
int EVP_PKEY_get_bn_param(const EVP_PKEY *key, const char *name, BIGNUM **number);
int BN_bn2binpad(const BIGNUM *number, unsigned char *buffer, int size);
void BN_clear_free(BIGNUM *number);
"""


def interface_source() -> str:
    """Write the module `keys.libcrypto_interface`."""
    ffi, written = FFI(), io.StringIO()
    ffi.cdef(_DECLARATIONS)
    ffi.set_source(_MODULE, None)
    ffi.emit_python_code(written)
    return _HEAD + written.getvalue()


if __name__ == "__main__":
    Path(__file__).with_name("libcrypto_interface.py").write_text(interface_source(), encoding="utf-8")
