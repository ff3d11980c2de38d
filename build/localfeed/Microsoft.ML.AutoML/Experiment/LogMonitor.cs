using Microsoft.ML.Runtime;

namespace Microsoft.ML.AutoML;

/// <summary>Logs how an experiment goes.</summary>
internal sealed class LogMonitor(IChannel channel) : IMonitor
{
    public void ReportCompletedTrial(TrialResult result) =>
        Info($"Update Completed Trial - Id: {result.TrialSettings.TrialId} - Metric: {result.Metric} - " +
            $"Duration: {result.DurationInMilliseconds}");

    public void ReportBestTrial(TrialResult result) =>
        Info($"Update Best Trial - Id: {result.TrialSettings.TrialId} - Metric: {result.Metric}");

    public void ReportFailTrial(TrialSettings settings, Exception exception = null)
    {
        channel.Trace(MessageSensitivity.Unknown, "{0}", exception.Message + exception.StackTrace);
        Info($"Update Failed Trial - Id: {settings.TrialId}");
    }

    public void ReportRunningTrial(TrialSettings settings) => Info($"Update Running Trial - Id: {settings.TrialId}");

    private void Info(string message) => channel.Info(MessageSensitivity.Unknown, "{0}", message);
}
