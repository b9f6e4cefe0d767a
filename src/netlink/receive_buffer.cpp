// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/receive_buffer.h"

#include <algorithm>
#include <utility>

namespace netweir::netlink {

ReceiveBuffer::ReceiveBuffer(std::uint32_t in_force, std::uint32_t most, std::uint32_t wanted,
                             ReceiveBudget* budget) noexcept
    : octets_(in_force), most_(std::max(most, in_force)), wanted_(wanted), budget_(budget) {
  if (budget_ != nullptr) budget_->take(octets_);
}

ReceiveBuffer::~ReceiveBuffer() {
  if (budget_ != nullptr) budget_->give(octets_);
}

std::optional<std::string> ReceiveBuffer::shortfall() {
  const auto wanted = std::exchange(wanted_, 0);
  if (wanted <= octets_) return std::nullopt;
  return "the receive buffer is " + std::to_string(octets_) + " octets, not " +
         std::to_string(wanted) +
         ": a larger one needs CAP_NET_ADMIN, or a larger net.core.rmem_max";
}

bool ReceiveBuffer::grow(Privileged& privileged, int fd) {
  auto wanted = std::min<std::uint64_t>(std::uint64_t{octets_} * 2, most_);
  if (budget_ != nullptr) wanted = std::min(wanted, octets_ + budget_->left());
  if (wanted <= octets_) return false;
  const auto set = privileged.receive_buffer(fd, static_cast<std::uint32_t>(wanted));
  if (!set || *set <= octets_) return false;
  if (budget_ != nullptr) budget_->take(*set - octets_);
  octets_ = *set;
  return true;
}

std::string ReceiveBuffer::limit() const {
  const auto text = "packets are lost with the largest receive buffer there may be, " +
                    std::to_string(octets_) + " octets: see ";
  if (octets_ < most_ && budget_ != nullptr && budget_->left() == 0)
    return text + "receive_buffers, " + std::to_string(budget_->octets()) +
           " octets for all sources together";
  return text + (octets_ < most_ ? "net.core.rmem_max" : "receive_buffer_max");
}

}  // namespace netweir::netlink
