namespace AutoMLSweep;

/// <summary>Reports each trial as a line when it has ended: for logs and pipes.</summary>
internal sealed class PlainLines(TextWriter output, string metric)
{
    private readonly HashSet<TrialRow> _ended = [];

    public void Show(TrialRow row)
    {
        if (row.State == TrialState.Running || !_ended.Add(row))
            return;
        var state = $"{row.State.ToString().ToLowerInvariant(),-8}{(row.IsRecalled ? "  recalled" : "")}";
        var result = row.State == TrialState.Failed
            ? row.Error
            : $"{metric} {row.Metric:0.0000}  {row.Seconds:0.0} s  {row.EpochsDone:0} epochs";
        output.WriteLine($"trial {row.Settings.TrialId,3}  {state}  {result}  {row.Values}");
    }
}
