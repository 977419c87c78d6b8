# An SMS centre on Debian's Net::SMPP, a second implementation beside npm's: takes one bind, answers each submit_sm, sends a receipt where
# one is asked for, and prints a line of JSON for each PDU. perl smsc.pl PORT
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $json = JSON::PP->new->canonical;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => $ARGV[0], smpp_version => 0x34, interface_version => 0x34) or die "listen: $!";
print $json->encode({ ready => JSON::PP::true }), "\n";
my $client = $listener->accept or die "accept: $!";
my $count = 0;
while (my $pdu = $client->read_pdu) {
    if ($pdu->{cmd} == Net::SMPP::CMD_bind_transceiver) {
        $client->bind_transceiver_resp(seq => $pdu->{seq}, status => 0, system_id => 'netsmpp');
        print $json->encode({ bind => $pdu->{system_id}, password => $pdu->{password}, version => $pdu->{interface_version} }), "\n";
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_submit_sm) {
        my $id = 'p' . ++$count;
        $client->submit_sm_resp(seq => $pdu->{seq}, status => 0, message_id => $id);
        print $json->encode({ id => $id, to => $pdu->{destination_addr}, esm_class => $pdu->{esm_class}, data_coding => $pdu->{data_coding},
            octets => unpack('H*', $pdu->{short_message}), validity => $pdu->{validity_period}, registered => $pdu->{registered_delivery} }), "\n";
        $client->deliver_sm(source_addr => $pdu->{destination_addr}, destination_addr => '', esm_class => 4,
            short_message => "id:$id sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:", async => 1)
            if $pdu->{registered_delivery};
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
        $client->enquire_link_resp(seq => $pdu->{seq}, status => 0);
        print $json->encode({ enquired => JSON::PP::true }), "\n";
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_unbind) {
        $client->unbind_resp(seq => $pdu->{seq}, status => 0);
        print $json->encode({ unbind => JSON::PP::true }), "\n";
        last;
    } elsif ($pdu->{cmd} & 0x80000000) {
        print $json->encode({ answer => $pdu->{cmd} & 0xffff, status => $pdu->{status} }), "\n";
    }
}
