using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>What a run tells its user by ML.NET's log: of ranks that train together, rank 0 alone does.</summary>
/// <param name="channel">The log, which is closed with this.</param>
/// <param name="isHeard">Whether this rank is heard.</param>
internal sealed class TrainingLog(IChannel channel, bool isHeard) : IDisposable
{
    public void Info(string message)
    {
        if (isHeard)
            channel.Info(MessageSensitivity.None, "{0}", message);
    }

    public void Warn(string message) => Warn(MessageSensitivity.None, message);

    public void Warn(MessageSensitivity sensitivity, string message)
    {
        if (isHeard)
            channel.Warning(sensitivity, "{0}", message);
    }

    public void Dispose() => channel.Dispose();
}
