namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>Runs measurements in turn: A B C, A B C, ..., so that what slows the machine for a while slows all of them.</summary>
/// <param name="Rounds">How often each has its turn.</param>
/// <param name="Seconds">How long a turn is.</param>
internal sealed record Turns(int Rounds, double Seconds)
{
    public IReadOnlyList<Figure> Measure(params IReadOnlyList<Measurement> measurements)
    {
        var processes = new List<MeasuredProcess>();
        try
        {
            foreach (var measurement in measurements)
                processes.Add(MeasuredProcess.Start(measurement));
            for (var round = 0; round < Rounds; round++)
                processes.ForEach(process => process.TakeTurn(Seconds));
            return processes.ConvertAll(process => new Figure(process.Measurement.Name, process.Turns));
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }
    }
}
