using Microsoft.ML.Runtime;

namespace Microsoft.ML.AutoML;

/// <summary>Makes contexts for trials: of the same settings as the experiment's, and logging to it.</summary>
internal sealed class ChildContext(MLContext parent)
{
    private readonly IChannel _channel = ((IChannelProvider)parent).Start($"{nameof(AutoMLExperiment)}-ChildContext");

    public MLContext Create()
    {
        var child = new MLContext(((IHostEnvironmentInternal)parent).Seed)
        {
            GpuDeviceId = parent.GpuDeviceId,
            FallbackToCpu = parent.FallbackToCpu,
            TempFilePath = parent.TempFilePath,
        };
        child.Log += (_, message) => _channel.Send(new ChannelMessage(message.Kind, MessageSensitivity.Unknown, message.Message));
        return child;
    }
}
