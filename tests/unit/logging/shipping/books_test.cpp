// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/books.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{std::chrono::hours{12}};

TEST(Books, are_balanced_after_every_entry) {
    Books books;
    books.accept(Severity::low, 5);
    books.accept(Severity::high, 3);
    EXPECT_TRUE(books.ledger().balanced());
    EXPECT_EQ(books.ledger().spooled, 8U);
    const std::vector<Quarantined> refused{{.reason = Rejection::too_large}};
    books.settle(Severity::high, 3, refused);
    EXPECT_TRUE(books.ledger().balanced());
    EXPECT_EQ(books.ledger().delivered, 2U);
    EXPECT_EQ(books.ledger().quarantined[2], 1U);
    books.lose(Loss::evicted, Severity::low, 5, noon);
    EXPECT_TRUE(books.ledger().balanced());
    EXPECT_EQ(books.ledger().dropped[0], 5U);
    EXPECT_EQ(books.contents().batches, 0U);
}

TEST(Books, losses_of_a_reason_are_one_gap_until_they_are_told) {
    Books books;
    for (Severity severity : {Severity::low, Severity::low, Severity::high}) books.accept(severity, 2);
    books.lose(Loss::evicted, Severity::low, 2, noon + 1s);
    books.lose(Loss::evicted, Severity::low, 2, noon);
    const std::vector<Gap> told = books.gaps();
    const Gap expected{.reason = Loss::evicted, .records = {4, 0, 0}, .first = noon, .last = noon + 1s};
    EXPECT_EQ(told, std::vector{expected});
    books.tell(told);
    EXPECT_TRUE(books.gaps().empty());
    books.take_back(told);
    EXPECT_EQ(books.gaps(), told);
}

TEST(Books, what_was_lost_after_a_gap_was_read_is_still_to_be_told) {
    Books books;
    for (int i = 0; i < 2; ++i) books.accept(Severity::normal, 2);
    books.lose(Loss::corrupt, Severity::normal, 2, noon);
    const std::vector<Gap> told = books.gaps();
    books.lose(Loss::corrupt, Severity::normal, 2, noon + 1s);
    books.tell(told);
    ASSERT_EQ(books.gaps().size(), 1U);
    EXPECT_EQ(books.gaps()[0].records, (std::array<std::uint64_t, severity_count>{0, 2, 0}));
}

TEST(Books, damaged_counts_never_unbalance_them) {
    Books books;
    books.accept(Severity::low, 5);
    books.accept(Severity::low, 5);
    books.lose(Loss::corrupt, Severity::low, 1, noon);   // it had 5
    EXPECT_TRUE(books.ledger().balanced());
    books.settle(Severity::low, 5, {});
    EXPECT_TRUE(books.ledger().balanced());
    EXPECT_EQ(books.ledger().spooled, 0U);
    EXPECT_EQ(books.ledger().delivered, 5U);
    EXPECT_EQ(books.ledger().dropped[1], 5U);
    books.settle(Severity::high, 7, {});
    EXPECT_TRUE(books.ledger().balanced());
}

TEST(Books, what_the_storage_does_not_hold_any_more_is_lost) {
    Books books;
    books.accept(Severity::normal, 5);
    books.accept(Severity::normal, 5);
    books.recount({0, 5, 0}, 1, noon);
    EXPECT_TRUE(books.ledger().balanced());
    EXPECT_EQ(books.ledger().dropped[1], 5U);
    EXPECT_EQ(books.ledger().spooled, 5U);
}

TEST(Books, stored_books_that_do_not_balance_are_put_right) {
    Books::Contents stored;
    stored.ledger.accepted = 10;
    stored.ledger.delivered = 4;
    stored.waiting = {1, 2, 0};
    EXPECT_TRUE(Books{stored}.ledger().balanced());
    stored.ledger.delivered = 40;
    EXPECT_TRUE(Books{stored}.ledger().balanced());
}

TEST(Books, an_identity_has_16_plain_characters) {
    const std::string identity = random_identity(Rng{1});
    EXPECT_EQ(identity.size(), 16U);
    EXPECT_EQ(identity.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    EXPECT_NE(identity, random_identity(Rng{2}));
}

}   // namespace
}   // namespace outrigger::logging
