# Speaks to a broker as a program over libnet-stomp-perl does, and prints what it sees, one thing a line.
use strict;
use warnings;
use Net::Stomp;
use Net::Stomp::Frame;

my ( $port, $version ) = @ARGV;
$| = 1;

sub connection {
    my ($id) = @_;
    my $stomp = Net::Stomp->new( { hostname => '127.0.0.1', port => $port, timeout => 20 } );
    my %versions = $version eq '1.0' ? () : ( 'accept-version' => $version, host => '/' );
    my $answer = $stomp->connect(
        { login => 'ann', passcode => 'secret', 'client-id' => $id, %versions } );
    die 'refused' unless $answer->command eq 'CONNECTED';
    return ( $stomp, $answer->headers->{version} // 'none' );
}

sub next_of {
    my ($stomp) = @_;
    my $frame = $stomp->receive_frame( { timeout => 20 } ) or die 'nothing came';
    die $frame->headers->{message} if $frame->command eq 'ERROR';
    return $frame;
}

sub said {
    my ( $stomp, $command, %headers ) = @_;
    $stomp->send_frame( Net::Stomp::Frame->new( { command => $command, headers => \%headers } ) );
}

my ( $stomp, $spoken ) = connection('one');
print "version $spoken\n";

$stomp->subscribe( { destination => '/topic/news', id => 't', ack => 'auto' } );
# Net::Stomp takes whatever comes first for the receipt: here that may be the message itself.
$stomp->send( { destination => '/topic/news', body => $_ } ) for 'one', "tw\xc3\xb6", 'three:\n';
print 'topic ', join( ' ', map { next_of($stomp)->body } 1 .. 3 ), "\n";

$stomp->subscribe(
    {   destination      => '/queue/work',
        id               => 'q',
        ack              => $version eq '1.0' ? 'client' : 'client-individual',
        'prefetch-count' => 1
    }
);
$stomp->send( { destination => '/queue/work', body => $_ } ) for 'first', 'second';
my $frame = next_of($stomp);
if ( $version ne '1.0' ) {
    $stomp->nack( { frame => $frame } );
    $frame = next_of($stomp);
    print 'again ', $frame->body, ' ', $frame->headers->{redelivered}, "\n";
}
$stomp->ack( { frame => $frame } );
$frame = next_of($stomp);
$stomp->ack( { frame => $frame } );
print 'work ', $frame->body, "\n";

for my $end ( 'abort', 'commit' ) {
    said( $stomp, 'BEGIN', transaction => $end );
    $stomp->send( { destination => '/topic/news', body => $end, transaction => $end } );
    said( $stomp, uc $end, transaction => $end );
}
print 'transaction ', next_of($stomp)->body, "\n";

my %durable = ( 'activemq.subscriptionName' => 'kept', destination => '/topic/kept', id => 'd' );
my ($away) = connection('away');
$away->subscribe( {%durable} );
$away->send_with_receipt( { destination => '/queue/unused', body => 'x', timeout => 20 } ) or die 'no receipt';
$away->disconnect;
$stomp->send_with_receipt(
    { destination => '/topic/kept', body => 'while away', persistent => 'true', timeout => 20 } )
    or die 'no receipt';
my ($back) = connection('away');
$back->subscribe( {%durable} );
print 'durable ', next_of($back)->body, "\n";
$back->disconnect;
$stomp->disconnect;
