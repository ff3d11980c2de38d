using System.Collections.Concurrent;
using System.Diagnostics;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// What the ranks of a run tell each other besides what they compute, on a thread of its own: that one failed or is to stop, and, where
/// one waits too long, how far each one is.
/// </summary>
internal sealed class RankWatch : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20), _answerLimit = TimeSpan.FromSeconds(3);

    /// <summary>A rank that was canceled may have left together with all others, of which one is still about to.</summary>
    private static readonly TimeSpan _leaveLimit = TimeSpan.FromSeconds(2);

    private readonly MpiProcess _process;
    private readonly int _run;
    private readonly CancellationToken _asked;
    private readonly CancellationTokenSource _stop;
    private readonly ManualResetEventSlim _ended = new();
    private readonly ConcurrentDictionary<int, Position> _answers = new();
    private readonly Thread _thread;
    private volatile Exception? _failure;
    private volatile Stopwatch? _sinceCanceled;
    private volatile Position _position = new(0, "its start");
    private bool _hasToldStop, _hasLeft;

    /// <param name="process">Which rank.</param>
    /// <param name="timeout">How long one waits for the others.</param>
    /// <param name="cancellation">Stops all ranks.</param>
    public RankWatch(MpiProcess process, TimeSpan timeout, CancellationToken cancellation)
    {
        (_process, _run, Timeout, _asked) = (process, process.Runs, timeout, cancellation);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _thread = new Thread(Watch) { IsBackground = true, Name = "Ranks" };
        _thread.Start();
    }

    /// <summary>How long one waits for the others.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>Canceled where any rank's token is, and where one failed.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Why the ranks cannot go on, or null.</summary>
    public Exception? Failure => _failure;

    /// <summary>Notes what this rank is about to do together with others.</summary>
    /// <param name="what">For errors.</param>
    /// <param name="isOfAll">Whether all ranks do it, not only those on this machine.</param>
    public void Enter(string what, bool isOfAll = true) => _position = new Position(_position.Number + (isOfAll ? 1 : 0), what);

    /// <summary>Waits until something is done that all ranks do, as <see cref="Enter"/> said.</summary>
    /// <exception cref="RankFailedException">A rank failed, or does not come.</exception>
    public void Wait(Func<bool> isDone)
    {
        // A rank is seldom late by more than some milliseconds; until then the processor is left only to those who want it.
        var clock = Stopwatch.StartNew();
        while (!isDone())
        {
            if (_failure is null && _sinceCanceled?.Elapsed > _leaveLimit)
                End(new OperationCanceledException("Another rank was canceled.", _stop.Token));
            if (_failure is { } failure)
                throw failure;
            if (clock.Elapsed > Timeout)
                throw NotComing(clock.Elapsed);
            if (clock.ElapsedMilliseconds < 200)
                Thread.Yield();
            else
                Thread.Sleep(1);
        }
    }

    /// <summary>
    /// Tells all ranks why this one leaves while others may wait for it; it cannot train together with them any more.
    /// </summary>
    public void Leave(Exception exception)
    {
        if (_hasLeft)
            return;
        _hasLeft = true;
        if (ReferenceEquals(exception, _failure))
            return; // they know from the one that failed
        var failed = exception is RankFailedException { Rank: var other } ? other : _process.Launched.Rank;
        try
        {
            _process.Send(new RankNotice(
                exception is OperationCanceledException ? RankNoticeKind.Canceled : RankNoticeKind.Failed, _run, failed,
                VisibleText.Reason(exception)));
            _process.Flush();
        }
        catch (InvalidOperationException)
        {
            // The others are gone. What ended this one is told anyway.
        }
    }

    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
        _stop.Dispose();
        if (!_hasLeft && _failure is null)
            _process.End();
    }

    private void Watch()
    {
        try
        {
            do
            {
                if (_asked.IsCancellationRequested && !_hasToldStop)
                {
                    _process.Send(new RankNotice(RankNoticeKind.Stop, _run));
                    _hasToldStop = true;
                }
                while (_process.TryReceive(out var rank, out var notice))
                    Take(rank, notice);
                if (_process.Ended() is { } ended)
                    End(new RankFailedException($"Rank {ended} has ended, before this run of all ranks.", ended));
            }
            while (!_ended.Wait(_interval));
        }
        catch (Exception exception)
        {
            End(exception);
        }
    }

    private void Take(int rank, RankNotice notice)
    {
        if (notice.Run != _run)
            return; // of an earlier run, which is done here
        switch (notice.Kind)
        {
            case RankNoticeKind.Stop:
                _ = _stop.CancelAsync();
                break;
            case RankNoticeKind.Failed:
                var failed = (int)notice.Number;
                End(new RankFailedException(failed == rank ? $"Rank {rank} failed: {notice.Text}" : notice.Text, failed));
                break;
            case RankNoticeKind.Canceled:
                _ = _stop.CancelAsync();
                _sinceCanceled ??= Stopwatch.StartNew();
                break;
            case RankNoticeKind.Asked:
                _process.Send(new RankNotice(RankNoticeKind.Answer, _run, _position.Number, _position.What), rank);
                break;
            case RankNoticeKind.Answer:
                _answers[rank] = new Position(notice.Number, notice.Text);
                break;
        }
    }

    private void End(Exception failure)
    {
        _failure ??= failure;
        _ = _stop.CancelAsync(); // who is told is not this thread's concern
    }

    private RankFailedException NotComing(TimeSpan waited)
    {
        var own = _position;
        _answers.Clear();
        _process.Send(new RankNotice(RankNoticeKind.Asked, _run));
        var others = Enumerable.Range(0, _process.Launched.Size).Where(rank => rank != _process.Launched.Rank).ToList();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < _answerLimit && !others.All(_answers.ContainsKey))
            Thread.Sleep(1);
        var late = others.Where(rank =>
            !_answers.TryGetValue(rank, out var answer) || answer.Number < own.Number || answer.What != own.What).ToList();
        var known = late.Select(rank => !_answers.TryGetValue(rank, out var answer) ? $"rank {rank} does not answer"
            : answer.Number < own.Number ? $"rank {rank} has not come to it since {answer.What}"
            : $"rank {rank} is at {answer.What} instead");
        return new RankFailedException(
            FormattableString.Invariant($"Rank {_process.Launched.Rank} waited {waited.TotalSeconds:0} seconds for the other ranks at ") +
            $"{own.What}: {(late.Count == 0 ? "all have come to it, but the network between them is stuck" : string.Join(", ", known))}. " +
            "Look at these processes and their machines, or raise DistributedTimeout.", late.Count == 0 ? others[0] : late[0]);
    }

    /// <summary>How far a rank is: what it does together with the others, and how many such things it has begun.</summary>
    private sealed record Position(long Number, string What);
}
