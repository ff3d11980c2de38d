using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Decides which device a model runs on.</summary>
internal static class OnnxDevice
{
    /// <summary>The options, with the environment's device where they name none.</summary>
    public static OnnxOptions Resolve(IHostEnvironment env, OnnxOptions options)
    {
        if (options.GpuDeviceId is not null || env is not IHostEnvironmentInternal { GpuDeviceId: { } device } environment)
            return options;
        return new OnnxOptions
        {
            ModelFile = options.ModelFile,
            InputColumns = options.InputColumns,
            OutputColumns = options.OutputColumns,
            GpuDeviceId = device,
            FallbackToCpu = environment.FallbackToCpu,
            ShapeDictionary = options.ShapeDictionary,
            RecursionLimit = options.RecursionLimit,
            InterOpNumThreads = options.InterOpNumThreads,
            IntraOpNumThreads = options.IntraOpNumThreads,
        };
    }
}
