// SPDX-License-Identifier: Apache-2.0
#include "faulty_disk.hpp"

namespace outrigger::logging {

// The real file lies behind it.
struct FaultyDisk::File {
    sqlite3_file base;
    FaultyDisk* disk;
    bool is_log;

    [[nodiscard]] sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
    static File& of(sqlite3_file* file) noexcept { return *reinterpret_cast<File*>(file); }
};

struct FaultyDisk::Methods {
    static sqlite3_file* real(sqlite3_file* file) noexcept { return File::of(file).real(); }
    static Fault next(sqlite3_file* file) noexcept { return File::of(file).disk->next(); }
    static int code_of(Fault fault, int broken) noexcept { return fault == Fault::full ? SQLITE_FULL : broken; }

    static int close(sqlite3_file* f) {
        return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
    }
    static int read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
        return real(f)->pMethods->xRead(real(f), to, size, at);
    }
    static int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
        const sqlite3_int64 limit = File::of(f).disk->log_limit_;
        if (File::of(f).is_log && limit != unlimited && at + size > limit) return SQLITE_FULL;
        const Fault fault = next(f);
        const int whole = fault == Fault::none ? size : fault == Fault::half_written ? size / 2 : 0;
        if (whole > 0)
            if (const int code = real(f)->pMethods->xWrite(real(f), from, whole, at); code != SQLITE_OK) return code;
        return whole == size ? SQLITE_OK : code_of(fault, SQLITE_IOERR_WRITE);
    }
    static int truncate(sqlite3_file* f, sqlite3_int64 size) {
        if (const Fault fault = next(f); fault != Fault::none) return code_of(fault, SQLITE_IOERR_TRUNCATE);
        return real(f)->pMethods->xTruncate(real(f), size);
    }
    static int sync(sqlite3_file* f, int flags) {
        if (const Fault fault = next(f); fault != Fault::none) return code_of(fault, SQLITE_IOERR_FSYNC);
        return real(f)->pMethods->xSync(real(f), flags);
    }
    static int size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
    static int lock(sqlite3_file* f, int how) { return real(f)->pMethods->xLock(real(f), how); }
    static int unlock(sqlite3_file* f, int how) { return real(f)->pMethods->xUnlock(real(f), how); }
    static int reserved(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
    static int control(sqlite3_file* f, int what, void* argument) {
        if (what == SQLITE_FCNTL_SIZE_HINT)
            if (next(f) != Fault::none || File::of(f).disk->log_limit_ != unlimited) return SQLITE_IOERR_WRITE;
        return real(f)->pMethods->xFileControl(real(f), what, argument);
    }
    static int sector(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
    static int traits(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out) {
        static constexpr sqlite3_io_methods methods{.iVersion = 1, .xClose = close, .xRead = read, .xWrite = write,
                                                    .xTruncate = truncate, .xSync = sync, .xFileSize = size,
                                                    .xLock = lock, .xUnlock = unlock, .xCheckReservedLock = reserved,
                                                    .xFileControl = control, .xSectorSize = sector,
                                                    .xDeviceCharacteristics = traits};
        File& file = File::of(f);
        file.disk = static_cast<FaultyDisk*>(vfs->pAppData);
        file.is_log = (flags & SQLITE_OPEN_WAL) != 0;
        sqlite3_vfs* real_vfs = file.disk->real_;
        const int code = real_vfs->xOpen(real_vfs, name, file.real(), flags, out);
        f->pMethods = file.real()->pMethods ? &methods : nullptr;
        return code;
    }
};

FaultyDisk::FaultyDisk() : real_{sqlite3_vfs_find(nullptr)}, vfs_{*real_} {
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.zName = "faulty";
    vfs_.pAppData = this;
    vfs_.xOpen = Methods::open;
    sqlite3_vfs_register(&vfs_, 1);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
}

void FaultyDisk::fail(Fault fault, int nth, int count) noexcept {
    fault_ = fault;
    left_ = nth;
    count_ = count;
    failed_ = false;
}

FaultyDisk::Fault FaultyDisk::next() noexcept {
    if (fault_ == Fault::none || --left_ > 0 || count_ == 0) return Fault::none;
    --count_;
    failed_ = true;
    return fault_;
}

}   // namespace outrigger::logging
