#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A server that never closes: four of its connections are in CLOSE_WAIT for ever.
use strict;
use warnings;
use IO::Socket::INET;

my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', LocalPort => 8080)
	or die "listen: $!";
my @held;
for (1 .. 4) {
	my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 8080) or die "connect: $!";
	push @held, scalar $server->accept;
	close $client;
}
$| = 1;
print "ready\n";
sleep 600;
