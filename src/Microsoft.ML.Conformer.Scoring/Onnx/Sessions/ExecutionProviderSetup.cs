using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>Opens ONNX Runtime sessions on the execution provider asked for, or says why there is none.</summary>
internal static class ExecutionProviderSetup
{
    /// <exception cref="InvalidOperationException">The execution provider is absent or cannot be used here.</exception>
    /// <exception cref="OnnxRuntimeException">The bytes are no valid model.</exception>
    public static InferenceSession Open(byte[] model, ScoringOptions options)
    {
        using var session = SessionFor(options);
        if (options.ExecutionProvider == ExecutionProvider.Cpu)
            return new InferenceSession(model, session);
        try
        {
            Append(session, options);
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw Unusable(options, e.Message, e);
        }
        try
        {
            return new InferenceSession(model, session);
        }
        catch (OnnxRuntimeException e)
        {
            using var plain = SessionFor(options);
            new InferenceSession(model, plain).Dispose(); // a file that is no model throws here, whatever the provider
            throw Unusable(options, e.Message, e);
        }
    }

    private static SessionOptions SessionFor(ScoringOptions options)
    {
        var session = new SessionOptions { IntraOpNumThreads = options.ThreadCount };
        if (!options.AllowSpinning)
            session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return session;
    }

    private static void Append(SessionOptions session, ScoringOptions options)
    {
        // Sessions quietly do without a provider that the native library lacks, so that it has to be looked for.
        string[] needed = options.ExecutionProvider == ExecutionProvider.TensorRt
            ? ["TensorrtExecutionProvider", "CUDAExecutionProvider"]
            : ["CUDAExecutionProvider"];
        var available = OrtEnv.Instance().GetAvailableProviders();
        if (needed.Except(available).ToList() is { Count: > 0 } missing)
        {
            throw Unusable(
                options, $"the ONNX Runtime in use has no {string.Join(" and no ", missing)}, only {string.Join(", ", available)}.", null);
        }
        if (options.ExecutionProvider == ExecutionProvider.TensorRt)
            session.AppendExecutionProvider_Tensorrt(options.DeviceId);
        session.AppendExecutionProvider_CUDA(options.DeviceId);
    }

    private static InvalidOperationException Unusable(ScoringOptions options, string reason, Exception? cause) => new(
        $"{nameof(ScoringOptions)}.{nameof(ScoringOptions.ExecutionProvider)} is {options.ExecutionProvider}, but it cannot be used on " +
        $"device {options.DeviceId}: {reason} Reference the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime and " +
        $"install the libraries that it needs, or choose {nameof(ExecutionProvider)}.{nameof(ExecutionProvider.Cpu)}.", cause);
}
