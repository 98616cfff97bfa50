// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace qnetdev::test {

/// A file with that text and mode, gone with the object; one at a time for each name.
class TemporaryFile {
public:
    TemporaryFile(const std::string& name, const std::string& text, mode_t mode = 0644)
        : path_(::testing::TempDir() + name + "." + std::to_string(getpid())) {
        std::ofstream(path_) << text;
        chmod(path_.c_str(), mode);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::remove(path_.c_str()); }

    const std::string& path() const { return path_; }
    std::string text() const {
        std::ifstream file(path_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    std::string path_;
};

/// A shell script that can be executed.
inline TemporaryFile shell_script(const std::string& name, const std::string& body) {
    return {name, "#!/bin/sh\n" + body + "\n", 0755};
}

}  // namespace qnetdev::test
